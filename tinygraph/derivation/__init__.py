"""Derivations: the gradient of a node, written out step by step."""
