"""The version of tinygraph."""

__version__ = "0.1.0"
