"""Odd values that users may give to tinygraph."""

import itertools
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

import tinygraph as tg


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no repr")

    __str__ = __repr__


class Odd:
    """Claims to have many attributes, but none of them works."""

    shape = (2, 2)
    dtype = "odd"

    def __len__(self):
        return 3

    def __getitem__(self, key):
        raise KeyError(key)

    def __index__(self):
        return -7


class BadArray:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array for you")


class NeverEqual:
    __hash__ = None

    def __eq__(self, other):
        raise RuntimeError("not comparable")


class BadMapping(dict):
    def keys(self):
        raise RuntimeError("no keys")

    __iter__ = items = keys


class OddPath:
    def __fspath__(self):
        return 3


class LostRow(np.ndarray):
    pass


def nested(depth):
    value = [1.0]
    for _ in range(depth):
        value = [value]
    return value


class UsersOwnError(Exception):
    """The error of a user's own function, which tinygraph passes through by default."""


class FailsWhenMade:
    def __init__(self, *arguments, **keywords):
        raise UsersOwnError("not made")


def fails(*arguments, **keywords):
    raise UsersOwnError("a function of the user's own fails")


NO_ARRAYS = [
    lambda: None,
    lambda: "cat",
    lambda: b"\x00",
    lambda: object(),
    lambda: Unprintable(),
    lambda: BadArray(),
    lambda: NeverEqual(),
    lambda: Odd(),
    lambda: {"a": 1},
    lambda: BadMapping(a=1),
    lambda: {1, 2},
    lambda: lambda x: x,
    lambda: tg.Sigmoid,
    lambda: [[1.0, 2.0], [3.0]],
    lambda: ["a", "b"],
    lambda: [1, "b", None],
    lambda: 1j,
    lambda: np.array([1 + 2j]),
    lambda: np.array(["a"]),
    lambda: np.array([None, 1], dtype=object),
    lambda: np.array(["2020-01-01"], dtype="datetime64[D]"),
    lambda: np.zeros(2, dtype=[("a", float)]),
    lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
    lambda: np.float16(1.0),
    lambda: np.longdouble(1.0),
    lambda: (k for k in range(3)),
    lambda: itertools.count(),
    lambda: range,
    lambda: tg.data,
    lambda: nested(70),
]
ODD_NUMBERS = [
    lambda: True,
    lambda: 0,
    lambda: -1,
    lambda: 3,
    lambda: 2.5,
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: -float("inf"),
    lambda: 1e308,
    lambda: 5e-324,
    lambda: -0.0,
    lambda: 10**18,
    lambda: 10**400,
    lambda: np.int64(-5),
    lambda: np.float32(0.5),
    lambda: np.bool_(True),
    list,
    lambda: (),
    lambda: [[]],
    lambda: np.zeros(0),
    lambda: np.zeros((0, 2)),
    lambda: np.zeros((3, 2)),
    lambda: np.zeros((3, 2), dtype=np.float32),
    lambda: np.full((4, 2), np.nan),
    lambda: np.full((4, 1), np.inf),
    lambda: np.zeros((1, 1, 1, 1, 1)),
    lambda: np.zeros((2, 3)).view(LostRow),
    lambda: np.ones((1, 2)).view(np.matrix),
    lambda: np.arange(6).reshape(3, 2)[::-1, ::-1],
]
NODES = [
    lambda: tg.Input("x", (None, 2)),
    lambda: tg.Input("y", (3,)),
    lambda: tg.Parameter(np.ones((2, 3)), name="W"),
    lambda: tg.Parameter(1.0),
    lambda: tg.Constant([1.0, 2.0]),
    lambda: tg.Sum(tg.Parameter(np.ones(3))),
]
WORDS = [
    "x", "t", "loss", "layer1/W", "relu", "adam", "numpy", "self", "name", "", "/", ".", "a\0b",
    "a\nb", "\x01", "\ud800", "${x}", "<b>", '"', "\\", "None", "é" * 300, "a/" * 200,
]  # fmt: skip

EVERYTHING = [
    *NO_ARRAYS,
    *ODD_NUMBERS,
    *NODES,
    *[lambda word=word: word for word in WORDS],
    lambda: fails,
    lambda: FailsWhenMade,
    lambda: [np.zeros(2)],
    lambda: {"x": np.zeros(2)},
    OddPath,
]


def made(makers):
    """Return a strategy that makes a new one of the things each time."""
    return st.sampled_from(makers).map(lambda make: make())


no_array = made(NO_ARRAYS)
odd_number = made(ODD_NUMBERS)
# Below "/" an odd path could do harm.
texts = st.one_of(
    st.text(max_size=6).filter(lambda text: not text.startswith("/")), st.sampled_from(WORDS)
)
a_node = made(NODES)
a_graph = st.builds(lambda: tg.lab2.model(rng=0))
data = st.one_of(no_array, odd_number, texts, a_node, a_graph, st.lists(odd_number, max_size=2))
functions = st.one_of(
    st.sampled_from([fails, FailsWhenMade, lambda: None, lambda a, b, c, d, e, f: None]),
    data.map(lambda thing: lambda *arguments, **keywords: thing),
    st.lists(data, max_size=4).map(lambda things: lambda *arguments, **keywords: tuple(things)),
)
paths = st.one_of(
    texts,
    st.builds(
        lambda stem, suffix: f"{stem}{suffix}",
        st.sampled_from(["a", "", "folder/a", "foreign", "a\0b", "é" * 300, ".", "folder"]),
        st.sampled_from([".svg", ".png", ".pdf", ".dot", ".npz", ".html", ".SVG", ".", ".gz", ""]),
    ),
    texts.map(Path),
    st.just(OddPath()),
)
odd = st.one_of(data, st.dictionaries(texts, data, max_size=2), functions)
some_array = st.lists(st.integers(0, 4), max_size=3).map(lambda shape: np.ones(tuple(shape)))
