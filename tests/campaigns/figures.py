"""The figures of the campaigns: a data file that they write, and the page that is made of it."""

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
        "and Lab 2 with three activations.",
    ),
    "fuzz": (
        "Bad input",
        "``make fuzz``",
        "Hypothesis draws calls with something odd in one place or two: a wrong shape or dtype, "
        "NaN and infinities, empty batches, texts, objects, sizes beyond all bounds, functions "
        "that fail or return something else, paths that are none, files of somebody else. Every "
        "public function, class and method is attacked, and in each of them every argument; a "
        "test holds that none is left out. So are nodes that were changed by hand, ops and "
        "optimizers of the user's own, and the command line: every option of every subcommand "
        "with every odd value, alone and in random pairs. The answer must be a lesson, or a "
        "result where the odd thing is allowed. A raw error of NumPy or Python, a call that does "
        "not end, or a result where there must be a refusal, is a failure. What a function of the "
        "user's own raises comes through as it is.",
    ),
    "graphs": (
        "Random graphs",
        "``make graphs``",
        "Random graphs of all ops, with nodes read several times over, are differentiated by "
        "tinygraph and by HIPS autograd, from formulas that are written a second time. tinygraph "
        "answers twice: interpreted, and by the program that ``tg.compile`` makes of the graph; "
        "some are compiled to machine code too.",
    ),
    "kills": (
        "Kills survived",
        "``make kills``",
        "A training run with a checkpoint is killed by SIGKILL at random moments and resumed by "
        "the next process. After every kill the file must be sound and at most one interval old; "
        "a run that came to its end must equal one that was never killed, to the bit.",
    ),
    "mutants": (
        "Mutants",
        "``make mutants``",
        "mutmut changes one thing in the source of the core, and the tests must notice. Every "
        "mutant that survived is shown and explained below.",
    ),
}


def read():
    return json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}


def record(campaign, **numbers):
    """Put the numbers of one campaign into the file, and write the page anew."""
    figures = {**read(), campaign: numbers}
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    PATH.write_text(text + "\n", encoding="utf-8")
    PAGE.write_text(page(read()), encoding="utf-8")
    print(f"{campaign}: {numbers}")


def page(figures):
    """Return the page of the docs that shows these figures."""
    parts = [
        "Figures of trust",
        "================",
        "",
        "What the long tests counted when they were last run. The numbers are written into this "
        "page by the campaigns themselves; the suite runs a short version of each.",
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
