"""The compiler: a graph is recorded, its operations are simplified, and a target prints them."""
