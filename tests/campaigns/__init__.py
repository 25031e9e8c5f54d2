"""Campaigns: tests that are run long, by a make target, and whose figures go into the docs.

Each module has a function that the suite runs for a short while, and a ``main`` that runs it for
long and writes what it counted to ``docs/_data/trust.json``.
"""
