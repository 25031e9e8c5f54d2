"""The experiments of Lab 2: the settings compared, the training of many seeds, and the results."""

from tinygraph.lab2.experiments.catalogue import (
    EPOCHS,
    EXPERIMENTS,
    SEEDS,
    Experiment,
    Result,
    run,
    run_all,
)

__all__ = ["EPOCHS", "EXPERIMENTS", "SEEDS", "Experiment", "Result", "run", "run_all"]
