"""Targets: each prints array operations as a program."""
