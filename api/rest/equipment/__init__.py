"""Equipment over HTTP: the hierarchy and its classes."""
