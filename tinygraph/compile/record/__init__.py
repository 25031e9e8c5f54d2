"""Recording: a forward, a backward and an update become a list of array operations."""
