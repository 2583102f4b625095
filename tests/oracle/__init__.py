"""A naive reading of the rules, and random programs and streams to hold the engine to it."""
