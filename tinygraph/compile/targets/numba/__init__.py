"""The numba target: a training loop of scalar arithmetic, compiled to machine code."""
