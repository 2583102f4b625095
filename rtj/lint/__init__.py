"""What is legal and yet hardly meant: rules over a checked project, how findings are judged, ignored and mended."""
