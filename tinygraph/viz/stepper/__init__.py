"""The stepper: a training run shown one op at a time, on a page or in a terminal."""
