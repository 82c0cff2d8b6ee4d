"""The observe road's engine: claims what is due, asks the servers, stores what they answered."""
