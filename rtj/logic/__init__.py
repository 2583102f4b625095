"""Conditions as formulas -> what can be so at once, and in which way."""
