"""Benchmarks: tinygraph, code written by hand, and other frameworks."""
