"""How the house is built: imports go downward, and readers of the graph know no op by name."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tinygraph

ROOT = Path(tinygraph.__file__).parent
FLOORS = {
    "errors": 0,
    "shapes": 0,
    "arrays": 0,
    "metrics": 0,
    "node": 0,
    "data": 0,
    "quantities": 0,
    "substitution": 0,
    "notation": 1,
    "rules": 1,
    "by_hand": 1,
    "topology": 1,
    "nonfinite": 1,
    "feeds": 1,
    "contract": 1,
    "ops": 1,
    "graph": 1,
    "trace": 1,
    "optim": 1,
    "check": 2,
    "testing": 2,
    "compile": 2,
    "viz": 2,
    "diagnosis": 2,
    "derivation": 2,
    "exercises": 4,
    "train": 3,
    "sweeps": 3,
    "plots": 3,
    "files": 0,
    "checkpoint": 3,
    "lab2": 4,
    "cli": 5,
    "__main__": 5,
    "__init__": 6,
}
KNOW_NO_OP = (
    "graph",
    "compile",
    "viz",
    "check",
    "testing",
    "trace",
    "rules",
    "diagnosis",
    "derivation",
    "train",
)


def modules() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def part_of(path: Path) -> str:
    """Return the module or package directly below tinygraph that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_parts(path: Path) -> set[str]:
    """Return the parts of tinygraph that a file imports, anywhere in it, types aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names = [node.module or ""]
            if node.module == "tinygraph":
                names = [f"tinygraph.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found.update(n.split(".")[1] for n in names if n.startswith("tinygraph."))
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_downward(path: Path) -> None:
    part = part_of(path)
    assert part in FLOORS, f"give the new module {part} a floor in FLOORS"
    for other in imported_parts(path) - {part, "__version__"}:
        assert other in FLOORS, f"{path} imports tinygraph.{other}, which has no floor"
        assert FLOORS[other] <= FLOORS[part], f"{part} imports {other}, which is above it"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_readers_of_the_graph_know_no_op_by_name(path: Path) -> None:
    if part_of(path) in KNOW_NO_OP:
        assert "ops" not in imported_parts(path)


def test_import_is_light() -> None:
    heavy = ("matplotlib", "graphviz", "pygraphviz", "numba", "rich", "tqdm")
    code = f"import sys, tinygraph; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    for name in tinygraph.__all__:
        assert getattr(tinygraph, name) is not None
    assert set(tinygraph.__all__) <= set(dir(tinygraph))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        tinygraph.nonsense  # noqa: B018
