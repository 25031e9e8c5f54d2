"""The results of the campaigns: the data file that they write, and the page made from it."""

import json
from pathlib import Path

from tabulate import tabulate

DOCS = Path(__file__).parents[2] / "docs"
PATH = DOCS / "_data" / "trust.json"
PAGE = DOCS / "reference" / "trust.rst"

CAMPAIGNS = {
    "curvature": (
        "Second derivatives",
        "``make curvature``",
        "A Hessian-vector product is the derivative of a gradient along a direction. tinygraph "
        "builds the gradient as nodes and differentiates these; HIPS autograd differentiates its "
        "own record twice, from formulas that are written a second time. The graphs are random, "
        "and Lab 2 with three activations. A difference is relative to the largest element of the "
        "product, or to 0.001 if all elements are smaller.",
    ),
    "fuzz": (
        "Bad input",
        "``make fuzz``",
        "Hypothesis draws calls with something odd in one place or two: a wrong shape or dtype, "
        "NaN and infinities, empty batches, texts, objects, huge sizes, functions that fail or "
        "return something else, invalid paths, files of other programs. Every argument of every "
        "public function, class and method is attacked; a test checks that none is left out. "
        "Nodes that a user has edited, custom ops and custom optimizers are attacked, too. So is "
        "the command line: every option of every subcommand with every odd value, alone and in "
        "random pairs. The answer must be an explanation, or a result if the odd value is allowed. "
        "A raw error of NumPy or Python, a call that does not end, or a result instead of a "
        "refusal is a failure. An error that the user's own function raises is passed through.",
    ),
    "graphs": (
        "Random graphs",
        "``make graphs``",
        "Random graphs, in which many nodes are read several times, are "
        "differentiated by tinygraph and by HIPS autograd, from formulas that are written a second "
        "time. tinygraph answers twice: interpreted, and by the program that ``tg.compile`` makes "
        "of the graph. Some graphs are compiled to machine code, too.",
    ),
    "histories": (
        "Training histories",
        "``make histories``",
        "Random graphs are trained with random histories: mini-batches, runs in several parts, "
        "frozen parameters, groups of parameters, clipped gradients, random masks, states, and "
        "callbacks that read nodes or change hyperparameters, constants, parameters and attributes "
        "of the optimizer. Each history runs interpreted, on the numpy engine, on the loops of the "
        "numba engine and with the engine that fit chooses. Every number that a user reads must be "
        "equal to within 1e-7, or the engine must refuse. The counts are of the engines that ran.",
    ),
    "kills": (
        "Kills survived",
        "``make kills``",
        "A training run with a checkpoint is killed by SIGKILL at random moments and resumed by "
        "the next process. After every kill the file must be complete and at most one interval "
        "old. A run that reached its end must be bitwise equal to one that was never killed.",
    ),
    "pytorch": (
        "Ops and layers against PyTorch",
        "``make pytorch``",
        "Every op and every layer is written a second time with PyTorch's own functions: values, "
        "gradients by all inputs and parameters, and in float64 second derivatives along a random "
        "direction. A difference is relative to the largest number of an array, or to 1 if all are "
        "smaller. Without PyTorch the campaign says so and ends.",
    ),
    "mutants": (
        "Mutants",
        "``make mutants``",
        "mutmut changes one thing in the source, such as a sign or a number, and the tests must "
        "notice. Every mutant that survived is shown and explained below.",
    ),
}


def read():
    return json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}


def record(campaign, **numbers):
    """Put the numbers of one campaign into the file, and write the page again."""
    figures = {**read(), campaign: numbers}
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    PATH.write_text(text + "\n", encoding="utf-8")
    PAGE.write_text(page(read()), encoding="utf-8")
    print(f"{campaign}: {numbers}")


def page(figures):
    """Return the page of the docs with these results."""
    parts = [
        "Figures of trust",
        "================",
        "",
        "These are the results of the long tests when they were last run. The campaigns write the "
        "numbers into this page themselves. The test suite runs a short version of each.",
    ]
    for name, (title, command, explanation) in CAMPAIGNS.items():
        if name not in figures:
            continue
        rows = [(key.replace("_", " "), shown(value)) for key, value in figures[name].items()]
        table = tabulate(rows, tablefmt="rst", disable_numparse=True, colalign=("left", "right"))
        parts += ["", title, "-" * len(title), "", explanation, "", f"Run by {command}.", "", table]
        if (PATH.parent / f"{name}.inc").exists():
            parts += ["", f".. include:: ../_data/{name}.inc"]
    return "\n".join(parts) + "\n"


def shown(value):
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
