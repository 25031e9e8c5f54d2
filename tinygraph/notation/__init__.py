"""How a graph is written down: its names in formulas and in code, and its numbers."""
