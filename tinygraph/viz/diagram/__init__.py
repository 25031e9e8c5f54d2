"""Diagrams: a graph drawn as cards and arrows, with values and gradients."""
