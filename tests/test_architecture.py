"""The architecture: packages on levels, imports that go downward only, and no import cycle.

``grimp`` reads every import of every file, those inside functions and under ``TYPE_CHECKING``
included.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

import tinygraph

ROOT = Path(tinygraph.__file__).parent

LEVELS = (
    ("errors",),
    ("validation",),
    ("core",),
    ("data", "ops", "optim"),
    ("compile", "layers", "notation", "plots"),
    ("derivation", "diagnosis", "trace", "train"),
    ("checkpoint", "sweeps", "viz"),
    ("check", "lab2"),
    ("cli", "exercises", "testing"),
    ("__init__", "__main__"),
)
"""Every part of the package, lowest level first; a part imports only from the levels below it."""
LEVEL = {package: level for level, packages in enumerate(LEVELS) for package in packages}

MOST_LINES_OF_A_MODULE = 400
MOST_LINES_OF_A_FUNCTION = 50
MOST_LINES_OF_THE_ENGINE = 20

READERS = (
    "core",
    "compile",
    "viz",
    "check",
    "testing",
    "trace",
    "diagnosis",
    "derivation",
    "train",
)
"""The packages that know the contract of an op and no op by name."""


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    """Return, for each module of the package, the modules that it imports."""
    graph = grimp.build_graph("tinygraph", cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def package_of(module: str) -> str:
    """Return the package or module directly below tinygraph that a module belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def test_every_package_has_a_level_and_imports_only_from_the_levels_below(imports) -> None:
    for module, imported in imports.items():
        package = package_of(module)
        assert package in LEVEL, f"add the new package {package!r} to LEVELS"
        for other in {package_of(name) for name in imported} - {package}:
            assert LEVEL[other] < LEVEL[package], f"{module} imports {other}, which is not below it"


def test_no_import_cycle(imports) -> None:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail("import cycle: " + " -> ".join(error.args[1]))


def test_the_package_stays_small_enough_to_find_things() -> None:
    parts = [path for path in ROOT.iterdir() if path.name != "__pycache__"]
    modules = [path for path in parts if path.suffix == ".py"]
    packages = [path for path in parts if (path / "__init__.py").exists()]
    assert len(modules) <= 6
    assert len(packages) <= 18
    assert len(LEVELS) <= 10


def test_readers_of_the_graph_know_no_op_by_name(imports) -> None:
    for module, imported in imports.items():
        if package_of(module) in READERS:
            assert "ops" not in {package_of(name) for name in imported}, module


def files() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def test_no_file_imports_relatively() -> None:
    for path in files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        levels = [node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not any(levels), f"{path} imports relatively"


def body_lines(function: ast.FunctionDef) -> int:
    """Return the number of lines of a function's body, without its docstring."""
    first = function.body[bool(ast.get_docstring(function, clean=False))]
    return (function.end_lineno or 0) - first.lineno + 1


def test_functions_and_modules_stay_short() -> None:
    for path in files():
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= MOST_LINES_OF_A_MODULE, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and len(node.body) > 1:
                assert body_lines(node) <= MOST_LINES_OF_A_FUNCTION, f"{path}: {node.name}"


def test_the_engine_is_read_at_a_glance() -> None:
    tree = ast.parse((ROOT / "core" / "graph.py").read_text(encoding="utf-8"))
    methods = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for name in ("forward", "backward"):
        assert body_lines(methods[name]) <= MOST_LINES_OF_THE_ENGINE


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
