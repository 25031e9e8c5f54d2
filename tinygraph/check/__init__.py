"""Gradient checks: analytical derivatives compared with numerical ones."""
