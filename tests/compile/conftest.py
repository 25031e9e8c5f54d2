"""What all tests of the compiler share: a cache folder of their own, and the targets."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYGRAPH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def python_loops(monkeypatch):
    """Python runs the loops of the numba target, so that nothing is compiled to machine code."""
    numba_target = pytest.importorskip("tinygraph.compile.targets.numba.program")
    machine_code = pytest.importorskip("tinygraph.compile.targets.numba.machine_code")
    monkeypatch.setattr(
        numba_target, "compile_source", lambda source: machine_code.module_of(source).run
    )


@pytest.fixture(params=["numpy", "loops"])
def target(request):
    """The targets; Python runs the loops of the numba target."""
    if request.param == "numpy":
        return "numpy"
    request.getfixturevalue("python_loops")
    return "numba"
