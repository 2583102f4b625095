"""Traces and results as something to read: pure, from values to values. Printing is the business of `rtj.cli`."""
