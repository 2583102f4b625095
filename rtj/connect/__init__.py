"""Ports to the world: events come in here, whatever their file, packing and format."""
