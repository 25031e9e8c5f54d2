"""Benchmarks: tinygraph beside what one would write by hand, and beside other frameworks."""
