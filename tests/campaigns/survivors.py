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
The mutants come from ``node/``, ``graph.py``, ``contract.py``, ``topology.py``, ``feeds.py``,
``nonfinite.py``, ``by_hand.py``, ``ops/``, ``optim/`` and ``check/`` without its reports. Messages
are mutated too: ``tests/test_words.py`` and the :doc:`error catalogue <errors>` hold them to the
letter. What survived is of these kinds, each with all of its mutants."""


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
        "instead of from 0.5 to 2 is another sound choice.",
        where=r"\.example$",
    ),
    Kind(
        "Guards that nothing can reach",
        "``zip(…, strict=True)`` stands where the lengths were made equal a few lines before, and "
        "``op`` has a value before the loop that always gives it one.",
        where=r"",
        what=r"strict=|^op = self\.output",
    ),
    Kind(
        "The same by another name",
        "``np.full_like(y, None)`` is full of NaN too; where there are exactly as many entries as "
        "are looked at, a choice of so many is all of them.",
        where=r"^tinygraph\.check\.",
        what=r"full_like|ENTRIES and|> ENTRIES:|>= ENTRIES",
    ),
    Kind(
        "Other numbers are as good",
        "How far apart two numbers may be and still be called equal, and at which numbers an op "
        "is called out of turn, is a choice: the tests hold it from both sides, not to the last "
        "digit.",
        where=r"^tinygraph\.check\.",
        what=r"-0\.5 \*|rtol=|tolerance|is_worse|np\.isfinite\(got\)|array_split|half\[0\]"
        r"|nan_to_num",
    ),
    Kind(
        "Where a warning points",
        "It points to the line of the user, past as many frames as stand between. mutmut adds a "
        "frame of its own, so the test of it (``tests/test_isolation.py``) is not among those that "
        "it runs.",
        where=r"warn_of_nan",
        what=r"stacklevel",
    ),
    Kind(
        "Faster ways to the same result",
        "An array is first asked whether it is as it should be, and takes the longer way only if "
        "it is not; shapes and names that are at hand are not worked out anew. A mutant that "
        "always takes the longer way computes the same, a little slower.",
        where=r"contract\.|check_feeds|Graph\.(forward|backward|__contains__|_shapes_at_hand)"
        r"|Graph\.__init__|name_nodes|topological|Op\.__init__|has_nan|optim\.contract|by_hand",
        what=r"ARRAY_TYPES|is_sound|FLOAT|type\(|_by_name|self\._batch|self\._shapes|by_name\["
        r"|is_checked|new is w|len\(feeds\)|with_batch|ndim == 0|dtype is|node is None",
    ),
    Kind(
        "Random directions",
        "``gradcheck`` looks at a random choice of the entries of a large array and along a random "
        "direction. A choice with repetition, or a direction with equal entries, is a weaker look, "
        "but it still finds what the tests plant.",
        where=r"^tinygraph\.check\.",
        what=r"rng\.|ENTRIES",
    ),
    Kind(
        "What the report does not read",
        "An op that breaks its contract is reported in the words of the error, and what is tried "
        "in a search is tried on a report that nobody sees: what else is in these is not read.",
        where=r"^tinygraph\.(check|by_hand)\.",
        what=r"\bop\b|ArgumentCheck\(|^node,|_suspects\(|first is None",
    ),
    Kind(
        "What another version of Python needs",
        "``node/keywords.py`` reads bytecode. Some of its lines matter to the bytecode of one "
        "Python version alone; the suite runs on them all, mutmut on one.",
        where=r"^tinygraph\.node\.keywords\.",
    ),
    Kind(
        "Gaps",
        "No reason speaks for these: a test could notice each of them, and none does yet.",
        where=r"check_nodes|name_nodes|Optimizer\.update$|not_set|ArgumentCheck\.__str__|gradcheck$"
        r"|_check_argument|_values_in_float64|_as_numbers",
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
