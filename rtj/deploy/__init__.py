"""Stages → a store that has taken them: who may, in which order, what was done, and what cannot be undone."""
