"""Traces: one run as plain data, op by op."""
