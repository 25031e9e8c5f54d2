"""Passes: each takes a list of array operations and returns a shorter or cheaper one."""
