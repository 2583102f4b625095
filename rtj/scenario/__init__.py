"""Scripted timelines and what they promise: read, checked against the project, played, judged."""
