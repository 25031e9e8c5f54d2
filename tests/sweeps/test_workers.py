"""The errors of worker processes name their cause."""

import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest

import tinygraph as tg

SCRIPT = """
import multiprocessing as mp, tinygraph as tg
from concurrent.futures import ProcessPoolExecutor
X, T = tg.data.xor()
def build(rng):
    model = tg.lab2.model(rng=rng)
    return model, tg.SGD(model.parameters)
pool = ProcessPoolExecutor(1, mp_context=mp.get_context("spawn"))
tg.sweep(build, seeds=1, epochs=2, executor=pool, x=X, t=T)
"""


def test_a_script_without_a_main_guard_is_told_so(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert 'must be below `if __name__ == "__main__":`' in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("kind", ["lambda", "inner function"])
def test_a_build_that_no_worker_can_import_is_explained(kind, xor):
    def build(rng):
        return None

    chosen = (lambda rng: None) if kind == "lambda" else build
    expected = pytest.raises(tg.TinygraphError, match="function at the top level of a module")
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, mp_context=fork) as pool, expected:
        tg.sweep(chosen, seeds=1, epochs=2, executor=pool, **xor)
