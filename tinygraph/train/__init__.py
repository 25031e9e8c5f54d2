"""Training: the loop, its record, its engines and its metrics."""
