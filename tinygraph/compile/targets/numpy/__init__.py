"""The NumPy target: a training loop of NumPy calls that write to preallocated buffers."""
