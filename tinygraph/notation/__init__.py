"""Notation: the names of a graph in formulas and in code, and its numbers for readers."""
