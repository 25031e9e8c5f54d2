"""Sweeps: one model trained for every combination of settings and seeds."""
