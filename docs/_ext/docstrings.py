"""Prepare the package's docstrings for Sphinx.

An example at the end of a docstring needs no heading.  It gets one here, since NumPy's style would
otherwise read the example as a part of the section above it.

Docstrings use the short name of a class, ``Graph`` or ``ShapeError``.  The reference documents the
class under its full name, such as ``tinygraph.Graph``.  So a name is looked up by its last part.  A
name that is not in the reference is an error in a role, and becomes plain text if it is only the
type of an argument ("array (n, 2)").
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

OUTSIDE = re.compile(
    r"(numpy|np|matplotlib|graphviz|typing|collections|pathlib|os)\..*|NDArray.*"
    r"|\{.*|\".*|'.*|\d+|[a-z_]+|[BmnH]|None|True|False|Any|Array|Generator|Path|PathLike|Iterable"
    r"|Sequence|Mapping|Callable|ModuleType|Axes|Figure"
)
"""The words in the types of docstrings, and names of other packages."""

SECTION = re.compile(r"-{4,}")


def head_examples(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Put the heading "Examples" above examples that follow another section."""
    first = next((i for i, line in enumerate(lines) if line.startswith(">>> ")), None)
    if first is not None and "Examples" not in lines and any(map(SECTION.match, lines[:first])):
        lines[first:first] = ["Examples", "--------"]


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.Element
) -> nodes.reference | nodes.Element | None:
    """Return a reference to the documented object with the same last part of the name."""
    if node.get("refdomain") != "py":
        return None
    last = node["reftarget"].rpartition(".")[2]
    found = {
        entry.docname + "#" + entry.node_id: entry
        for name, entry in env.domains["py"].data["objects"].items()
        if name.rpartition(".")[2] == last and not entry.aliased and entry.objtype != "module"
    }
    if len(found) == 1:
        (entry,) = found.values()
        return make_refnode(
            app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, node["reftarget"]
        )
    is_role = isinstance(contnode, nodes.literal) and "xref" in contnode.get("classes", ())
    return contnode if not is_role and OUTSIDE.fullmatch(node["reftarget"]) else None


def setup(app: Sphinx) -> dict[str, Any]:
    # Before napoleon, which turns the sections into reStructuredText.
    app.connect("autodoc-process-docstring", head_examples, priority=100)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True}
