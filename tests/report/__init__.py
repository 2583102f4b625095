"""Findings and summaries as texts."""
