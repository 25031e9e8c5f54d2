"""The mutants that the tests did not notice: the change in each, and why it is allowed."""

import json
import re
import subprocess
import textwrap
from dataclasses import dataclass

from campaigns.figures import DOCS

PATH = DOCS / "_data" / "survivors.json"
PAGE = DOCS / "_data" / "mutants.inc"
UNNOTICED = ("survived", "suspicious", "no tests")

INTRODUCTION = """\
The mutants come from a sample of the core: ``core/graph.py``, ``core/gradients.py``,
``core/expansion.py``, ``core/symbolic_size.py``, ``core/backward_names.py``, ``core/topology.py``,
``ops/arithmetic.py``, ``ops/linear.py``, ``ops/conditions.py``, ``ops/powers.py`` and
``optim/updates.py``. The run ended before all of them were tried. Messages are mutated, too. Tests
were written for the mutants that survived at first. Those that still survive are of these kinds,
each with all of its mutants."""


@dataclass(frozen=True)
class Kind:
    """A reason why a change need not be noticed, and the places where it applies.

    ``where`` and ``what`` are patterns for the function and for the changed text, before and after.
    """

    title: str
    reason: str
    where: str
    what: str = ""

    def covers(self, survivor):
        text = f"{survivor['before']} → {survivor['after']}"
        return bool(re.search(self.where, survivor["function"]) and re.search(self.what, text))


KINDS = [
    Kind(
        "Other examples are as good",
        "``example(rng)`` of an op draws some numbers at which it has a derivative. The tests ask "
        "for both sides of 0 or of 1, and for sizes that show a missing transpose; from 0.5 to 3 "
        "instead of from 0.5 to 2 is another good choice.",
        where=r"\.example$",
    ),
    Kind(
        "The same by another name",
        "NumPy takes every negative size in ``reshape`` for the unknown one, nodes do not read the "
        "types that NumPy's protocol passes, and for k = 0 every finite power is multiplied by 0.",
        where=r"outer_sum|VariablePower|in_precision|_fill$",
        what=r"reshape\(-2|__array_function__|k == 0, 2|in_precision\(None\)",
    ),
    Kind(
        "Slower ways to the same result",
        "Names are collected again although they are known, equal hashes are told apart by ``==``, "
        "a product is computed by the general rule, and a gradient is built that nothing reads.",
        where=r"__contains__|__hash__|__rmul__|_back_propagate",
    ),
    Kind(
        "Gaps",
        "No reason speaks for these. A test could notice each of them, but none does yet.",
        where=r"_fill$",
    ),
]


def collect(mutmut, folder):
    """Get every surviving mutant from mutmut, and write the data file and the page."""

    def say(*arguments):
        command = [*mutmut, *arguments]
        return subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True
        ).stdout

    verdicts = [line.strip().rpartition(": ") for line in say("results").splitlines()]
    names = [name for name, _, verdict in verdicts if verdict in UNNOTICED]
    survivors = [entry(name, say("show", name)) for name in names]
    text = json.dumps(survivors, indent=2, ensure_ascii=False)
    PATH.write_text(text + "\n", encoding="utf-8")
    PAGE.write_text(page(survivors), encoding="utf-8")


def entry(name, shown):
    """Return one mutant as data, from its name and its diff in mutmut.

    >>> name = "tinygraph.core.graph.xǁGraphǁforward__mutmut_9"
    >>> entry(name, "--- a\\n+++ b\\n-  x = 1\\n+  x = 2")
    {'function': 'tinygraph.core.graph.Graph.forward', 'before': 'x = 1', 'after': 'x = 2'}
    """
    lines = [line for line in shown.splitlines() if not line.startswith(("---", "+++"))]
    module, _, function = name.rpartition("__mutmut_")[0].rpartition(".")
    function = function.removeprefix("x").strip("ǁ").replace("ǁ", ".")
    return {
        "function": f"{module}.{function.removeprefix('_') if name.count('ǁ') == 0 else function}",
        **{
            side: " ".join(line[1:].strip() for line in lines if line.startswith(sign))
            for side, sign in (("before", "-"), ("after", "+"))
        },
    }


def read():
    return json.loads(PATH.read_text(encoding="utf-8"))


def kind_of(survivor):
    """Return the first kind that covers a survivor, or ``None`` if no kind does."""
    return next((kind for kind in KINDS if kind.covers(survivor)), None)


def page(survivors):
    """Return the part of the docs that explains these survivors, kind by kind."""
    parts = [INTRODUCTION]
    for kind in [*KINDS, None]:
        diffs = [diff(survivor) for survivor in survivors if kind_of(survivor) is kind]
        if not diffs:
            continue
        title, reason = (kind.title, kind.reason) if kind else ("Not explained yet", "")
        block = textwrap.indent("\n\n".join(diffs), " " * 8)
        parts += [
            f"**{title}.** {reason}".strip(),
            f".. dropdown:: All {len(diffs)}",
            "    .. code-block:: diff",
            block,
        ]
    return "\n\n".join(parts) + "\n"


def diff(survivor):
    """Return a mutant as lines of a diff: its place, the old text and the new text."""
    place = survivor["function"].removeprefix("tinygraph.")
    signs = {"-": survivor["before"], "+": survivor["after"]}
    return "\n".join(
        [f"@@ {place} @@", *(f"{sign} {code}".rstrip() for sign, code in signs.items())]
    )
