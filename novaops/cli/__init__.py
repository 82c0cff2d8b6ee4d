"""`novaops`: the act road, the change log and the fleet from the command line, over HTTP. It needs no Django."""
