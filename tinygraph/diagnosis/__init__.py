"""Diagnosis: common training problems, found in one run of a graph."""
