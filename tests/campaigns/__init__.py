"""Campaigns: long tests, each started by a make target, whose results are in the docs.

Each module has a function that the test suite runs for a short time. Its ``main`` runs the function
for a long time and writes the counts to ``docs/_data/trust.json``.
"""
