"""The exercise about the zoo: which specimens are broken, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tinygraph.errors import did_you_mean
from tinygraph.exercises import zoo
from tinygraph.exercises.verdict import Verdict
from tinygraph.validation.arrays import brief

FAULT_OF = {
    "Cube": "g",
    "Tanh": "x, y",
    "ReLU": "mask",
    "Product": "swapped",
    "Layer": "transpose",
    "Bias": "mean",
    "MeanSquaredError": "sign",
    "Residual": "path",
    "Scale": "no sum",
    "Softmax": "axis",
    "Descent": "stale",
    "SumOfSquares": "root",
    "MeanOfSquares": "square",
    "TwoMeans": "start",
    "ShrinkingWeights": "decay",
}
_WHY_SOUND = {
    "Sigmoid": "Multiply e^−x by y, and compare with 1 − y.",
    "SquaredError": "Read its docstring. Which factor does it claim?",
    "Center": "Each x also changes the mean of its column.",
    "HeavyBall": "Compare its walk with the walk of Momentum.",
}


def broken_of_the_zoo(answer: Any) -> Verdict:
    """11: the name of each broken specimen, with the short name of its fault."""
    names = {each.__name__ for each in (*zoo.OPS, *zoo.OPTIMIZERS)}
    if isinstance(answer, str) or not isinstance(answer, Iterable):
        return Verdict(
            False,
            'The answer must be a dictionary of names and faults, such as {"Cube": "sign"}; '
            f"got {brief(answer)}.",
        )
    accused = [each if isinstance(each, str) else getattr(each, "__name__", "") for each in answer]
    for name in sorted(set(accused) - names):
        return Verdict(
            False,
            f"The zoo has no specimen called {brief(name)}." + did_you_mean(name, names),
        )
    broken = zoo.broken()
    for name in sorted(set(accused) - broken):
        return Verdict(False, f"Not yet: {name} is not broken. {_WHY_SOUND[name]}")
    if isinstance(answer, Mapping):
        for name, fault in zip(accused, answer.values(), strict=True):
            if not isinstance(fault, str) or fault not in zoo.FAULTS:
                return Verdict(
                    False,
                    f"The fault of {name} must be a key of zoo.FAULTS; got {brief(fault)}.",
                )
            if fault != FAULT_OF[name]:
                return Verdict(
                    False,
                    f"Not yet: {name} is broken, but not in this way ({zoo.FAULTS[fault]}).",
                )
    missing = broken - set(accused)
    if missing:
        are_ops = any(op.__name__ in missing for op in zoo.OPS)
        return Verdict(
            False,
            f"Not yet: all that you named are broken, but {len(missing)} more are broken, too. "
            + ("At least one of them is an op." if are_ops else "All of these are optimizers."),
        )
    if not isinstance(answer, Mapping):
        return Verdict(
            False,
            "Not yet: the names are right. Now give the faults, too, in a dictionary.",
        )
    return Verdict(True, f"Right: these {len(broken)} are broken, each for the reason you gave.")
