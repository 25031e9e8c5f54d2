"""The stepper: a training run shown one op at a time, as a page or in a terminal."""
