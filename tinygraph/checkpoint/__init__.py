"""Checkpoints: a training run saved to a file and resumed from it."""
