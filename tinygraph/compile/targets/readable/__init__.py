"""The readable target: a training step as a person would write it."""
