"""The engine: nodes, the contract of an op, and the graph that runs forward and backward."""
