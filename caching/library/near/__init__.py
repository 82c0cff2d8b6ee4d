"""Hot entries inside the process, kept right by Redis: it tells a connection that read a key when the key changes."""
