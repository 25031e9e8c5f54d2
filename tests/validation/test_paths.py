"""Paths that a user gives, wherever something is written."""

import pytest

import tinygraph as tg
from tinygraph.errors import ArgumentTypeError, FileError

WRITERS = {
    "picture": (lambda path: tg.render(tg.lab2.model(rng=0)).save(path), ".dot"),
    "page": (lambda path: stepper().save(path), ".html"),
    "checkpoint": (lambda path: tg.save(path, tg.lab2.model(rng=0)), ".npz"),
    "sweep": (lambda path: sweep(path), ".jsonl"),
}


class OddPath:
    def __fspath__(self):
        return 3


def stepper():
    return tg.step_through(tg.Graph(tg.Parameter(3.0, name="w") * 2.0))


def sweep(path):
    x, t = tg.data.xor()
    return tg.sweep(build, seeds=1, epochs=1, engine="interpreted", save=path, x=x, t=t)


def build(rng):
    model = tg.lab2.model(rng=rng)
    return model, tg.SGD(model.parameters)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("path", [3, "", "a\0b", b"run", OddPath(), "\ud800"])
def test_what_is_no_path_is_refused(writer, path):
    with pytest.raises(ArgumentTypeError, match="A file name must be a path"):
        WRITERS[writer][0](path)


@pytest.mark.parametrize("writer", WRITERS)
def test_what_cannot_be_written_is_told_with_its_path(writer, tmp_path):
    write, suffix = WRITERS[writer]
    (tmp_path / "file").write_text("")
    with pytest.raises(
        FileError, match=r"Cannot write .*file.below.*: (Not a directory|File exists)"
    ):
        write(tmp_path / "file" / f"below{suffix}")
