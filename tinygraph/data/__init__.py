"""Data sets: small problems to train on."""

from tinygraph.data.lab2 import linear, xor

__all__ = ["linear", "xor"]
