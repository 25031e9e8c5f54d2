"""Every tutorial runs as a script, in a folder of its own and without a display.

Each runs in a fresh process, because the engines that ``fit`` chooses depend on what is imported.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "tutorials").glob("[0-9][0-9]_*.py"))
KINDS = {".svg": b"<svg", ".html": b"<!doctype html>", ".png": b"\x89png"}
WITHOUT = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_is_a_script_that_says_what_it_wrote(path, tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in WITHOUT}
    # This "browser" prints the address that it is given.
    environment |= {
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "BROWSER": f"{sys.executable} -c 'import sys; print(sys.argv)' %s",
    }
    done = subprocess.run(
        [sys.executable, str(path), "--strict", "--open"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 1, "no answer is typed in yet"
    assert done.stdout.splitlines()[-1].startswith("No answer yet.")

    named = re.findall(r"^Picture: (.+)$", done.stdout, re.MULTILINE)
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert named, "a tutorial has a picture"
    assert sorted(tmp_path / name for name in named) == sorted(written)
    for file in written:
        assert file.parent == tmp_path / "tutorial-output" / path.stem
        assert KINDS[file.suffix] in file.read_bytes()[:500].lower(), file
        assert done.stdout.count(file.as_uri()) == 1, "--open gives each picture to the browser"
