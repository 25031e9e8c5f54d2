"""The JavaScript target: the graph as a module that runs and trains in a browser."""
