"""Give the public API everything that it does not want, and see that it answers with a lesson.

Hypothesis draws an *attack*: a call of the public API with something odd in one place.  The answer
has to be a TinygraphError, or a result where the odd thing happens to be allowed.  Anything else is
a failure: a raw error of NumPy or Python, a call that does not end, and, for an attack that must be
refused, a result.
"""

import argparse
import contextlib
import io
import os
import signal
import tempfile
import traceback
import warnings
from collections import Counter

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tinygraph as tg
from campaigns.figures import record
from tinygraph.cli import main as command_line

SECONDS_UNTIL_IT_HANGS = 20
X, T = tg.data.xor()


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no repr")

    __str__ = __repr__


class Odd:
    """Says yes to many questions, and means none of it."""

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


class LostRow(np.ndarray):
    pass


class Shapes(tg.Op):
    """An op whose parts are whatever the attack puts there."""

    returned: object = None
    slopes: object = None
    promised: object = None

    def forward(self, x):
        return self.returned

    def backward(self, g, y, x):
        return self.slopes

    def infer_shape(self, x):
        return self.promised


NO_ARRAYS = [
    lambda: None,
    lambda: "cat",
    lambda: b"\x00",
    lambda: object(),
    lambda: Unprintable(),
    lambda: BadArray(),
    lambda: Odd(),
    lambda: {"a": 1},
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


def nested(depth):
    value = [1.0]
    for _ in range(depth):
        value = [value]
    return value


no_array = st.sampled_from(NO_ARRAYS).map(lambda make: make())
odd_number = st.sampled_from(ODD_NUMBERS).map(lambda make: make())
texts = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["x", "t", "loss", "layer1/W", "relu", "adam", "self", "name", "", "/", "a\0b"]
    ),
)
a_node = st.sampled_from(
    [
        lambda: tg.Input("x", (None, 2)),
        lambda: tg.Input("y", (3,)),
        lambda: tg.Parameter(np.ones((2, 3)), name="W"),
        lambda: tg.Parameter(1.0),
        lambda: tg.Constant([1.0, 2.0]),
        lambda: tg.Sum(tg.Parameter(np.ones(3))),
    ]
).map(lambda make: make())
a_graph = st.builds(lambda: tg.lab2.model(rng=0))
odd = st.one_of(no_array, odd_number, texts, a_node, a_graph, st.lists(odd_number, max_size=2))
odd_settings = st.dictionaries(
    st.sampled_from(
        ["axis", "keepdims", "exponent", "name", "forward", "lr", "value", "__class__"]
    ),
    odd,
    max_size=2,
)
an_op = st.sampled_from([getattr(tg.ops, name) for name in tg.ops.__all__])
an_optimizer = st.sampled_from([tg.SGD, tg.Momentum, tg.AdaGrad, tg.RMSProp, tg.Adam])
some_array = st.lists(st.integers(0, 4), max_size=3).map(lambda shape: np.ones(tuple(shape)))
MUST_BE_REFUSED = True


def fresh(trained=False):
    model = tg.lab2.model(rng=0)
    optimizer = tg.Adam(model.parameters, lr=0.1)
    if trained:
        model.forward(x=X, t=T)
        model.backward()
    return model, optimizer


def cycle():
    x = tg.Parameter(1.0)
    first = tg.Exp(x)
    second = tg.Exp(first)
    first.inputs = (second,)
    return second


def user_op(returned, slopes, promised):
    x = tg.Parameter(np.ones((2, 3)), name="w")
    op = Shapes(x, returned=returned, slopes=slopes, promised=promised)
    model = tg.Graph(op)
    value = model.forward()
    return model.backward(seed=np.ones_like(value))


def damaged_state(key, value):
    _, optimizer = fresh()
    state = optimizer.state()
    state[key] = value
    optimizer.load_state(state)


def assign(thing, name, value):
    setattr(thing, name, value)


def attacks():
    """Return a strategy for (name, call, whether the call must be refused)."""

    def attack(name, make, *strategies, must_refuse=False):
        return st.tuples(*strategies).map(lambda drawn: (name, lambda: make(*drawn), must_refuse))

    def nested_feeds(**odd_feeds):
        return {"x": X, "t": T, **odd_feeds}

    fits = {"epochs": 2, "print_interval": 0}
    fit_settings = st.sampled_from(
        [
            "epochs",
            "print_interval",
            "engine",
            "target_loss",
            "callback",
            "callback_interval",
            "history",
            "batch_size",
            "rng",
        ]
    )
    models = st.booleans().map(lambda trained: fresh(trained)[0])
    return st.one_of(
        attack("Input", tg.Input, odd, odd),
        attack("Parameter", lambda v, n: tg.Parameter(v, name=n), odd, odd),
        attack("Parameter of no array", tg.Parameter, no_array, must_refuse=True),
        attack("Constant", lambda v, n: tg.Constant(v, name=n), odd, odd),
        attack("Parameter.value", lambda v: assign(tg.Parameter(1.0), "value", v), odd),
        attack(
            "Parameter.value of another shape",
            lambda v: assign(tg.Parameter(np.ones((7, 7))), "value", v),
            odd_number,
            must_refuse=True,
        ),
        attack(
            "op", lambda op, a, kw: op(*a, **kw), an_op, st.lists(odd, max_size=3), odd_settings
        ),
        attack("op on arrays", lambda op, a: op(*a), an_op, st.lists(some_array, max_size=3)),
        attack(
            "operator",
            lambda n, v: (n + v, v * n, n @ v, v / n),
            a_node,
            st.one_of(a_node, odd_number, texts),
        ),
        attack("power", lambda n, v: n**v, a_node, odd),
        attack("Graph", lambda a, b: tg.Graph(a, prediction=b), odd, odd),
        attack("Graph of no node", tg.Graph, no_array, must_refuse=True),
        attack("cycle", lambda: tg.Graph(cycle()), must_refuse=True),
        attack("forward", lambda m, x, t: m.forward(x=x, t=t), models, odd, odd),
        attack(
            "forward of no array",
            lambda m, x: m.forward(x=x, t=T),
            models,
            no_array,
            must_refuse=True,
        ),
        attack(
            "forward of a wrong shape",
            lambda m, x: m.forward(x=np.ones((*x.shape, 5)), t=T),
            models,
            some_array,
            must_refuse=True,
        ),
        attack(
            "forward by name",
            lambda m, n, v: m.forward(**{**nested_feeds(), n: v}),
            models,
            texts,
            odd,
        ),
        attack("predict", lambda m, x: m.predict(x=x), models, odd),
        attack("predict by name", lambda m, n, v: m.predict(**{n: v}), models, texts, odd),
        attack("backward", lambda m, s: m.backward(seed=s), models, odd),
        attack("backward without forward", lambda: fresh()[0].backward(), must_refuse=True),
        attack("graph[name]", lambda m, n: m[n], models, odd),
        attack("name in graph", lambda m, n: n in m, models, st.one_of(no_array, texts)),
        attack("summary", lambda m: m.summary(), models),
        attack(
            "optimizer",
            lambda o, p, kw: o(p, **kw),
            an_optimizer,
            st.one_of(odd, st.just(tg.lab2.model(rng=0).parameters)),
            st.dictionaries(
                st.sampled_from(["lr", "beta", "eps", "rho", "beta1", "x"]), odd, max_size=2
            ),
        ),
        attack(
            "learning rate that is no number",
            lambda o, v: assign(o([tg.Parameter(1.0)]), "lr", v),
            an_optimizer,
            no_array.filter(lambda v: not isinstance(v, np.generic)),
            must_refuse=True,
        ),
        attack(
            "step without gradient",
            lambda o: o([tg.Parameter(1.0)]).step(),
            an_optimizer,
            must_refuse=True,
        ),
        attack("load_state", lambda s: fresh()[1].load_state(s), odd, must_refuse=True),
        attack(
            "load_state of a damaged state",
            damaged_state,
            st.sampled_from(["kind", "steps", "hyperparameters", "memory"]),
            odd,
        ),
        attack(
            "fit",
            lambda k, v: tg.fit(*fresh(), **{**fits, **nested_feeds(), k: v}),
            fit_settings,
            odd.filter(lambda v: not callable(v)),
        ),
        attack(
            "fit feeds",
            lambda k, v: tg.fit(*fresh(), **fits, **nested_feeds(**{k: v})),
            st.sampled_from("xt"),
            odd,
        ),
        attack("fit model", lambda m, o: tg.fit(m, o, **fits, x=X, t=T), odd, odd),
        attack("data.linear", lambda n, r: tg.data.linear(n, rng=r), odd, odd),
        attack(
            "lab2.model",
            lambda h, a, o, r: tg.lab2.model(h, a, o, rng=r),
            odd,
            st.one_of(st.just("relu"), odd),
            st.one_of(st.just(None), odd),
            st.one_of(st.just(0), odd),
        ),
        attack("gradcheck", lambda m, r, v: tg.gradcheck(m, rng=r, x=v), odd, odd, odd),
        attack("gradcheck feeds", lambda m, v: tg.gradcheck(m, x=X, t=v), models, odd),
        attack(
            "check_op",
            lambda op, a: tg.testing.check_op(op, *a),
            st.one_of(odd, an_op),
            st.lists(odd, max_size=2),
        ),
        attack("save", lambda p, m, o, h: tg.save(p, m, o, h), odd, odd, odd, odd),
        attack("save settings", lambda s: tg.save("s.npz", fresh()[0], settings=s), odd),
        attack(
            "load",
            lambda p: tg.load(p, *fresh()),
            st.one_of(odd, st.just("foreign.npz")),
            must_refuse=True,
        ),
        attack("compile", lambda m, o: tg.compile(m, optimizer=o), odd, odd),
        attack("compile model", lambda m, o: tg.compile(m, optimizer=o), models, odd),
        attack("derive", lambda m, n: tg.derive(m, n), st.one_of(models, odd), odd),
        attack("diagnose", tg.diagnose, st.one_of(models, odd)),
        attack("trace", lambda m, x: m.trace(x=x, t=T), models, odd),
        attack("user op", user_op, odd, odd, odd),
    )


CLI_OPTIONS = [
    "--n", "--hidden", "--activation", "--output-activation", "--optimizer", "--lr", "--seed",
    "--print-interval", "--engine", "--data", "--checkpoint", "--nonsense", "--epochs",
]  # fmt: skip
CLI_VALUES = [
    "", "0", "-1", "nan", "inf", "-inf", "1e400", "abc", "99999999999999999999", "--lr", "3", "2.5",
    "relu", "xor", "\u200b", "ü", "a/b/c", ".", "numpy", "None", "-", "1e-400",
]  # fmt: skip
command_lines = st.tuples(st.sampled_from(CLI_OPTIONS), st.sampled_from(CLI_VALUES))


class HangError(Exception):
    """A call did not come back."""


def try_attack(name, call, must_refuse):
    """Return what is wrong with the answer, or None."""

    def ring(number, frame):
        raise HangError

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS_UNTIL_IT_HANGS)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            call()
    except tg.TinygraphError as error:
        if len(str(error)) < 20:
            return f"{name}: the lesson is too short: {error!r}"
    except HangError:
        return f"{name}: hangs"
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{where.filename[-30:]}:{where.lineno}"
        return f"{name}: {type(error).__name__}: {str(error)[:100]} ({place})"
    else:
        if must_refuse:
            return f"{name}: accepted"
    finally:
        signal.alarm(0)
    return None


def try_command_line(option, value):
    """Return what is wrong with how the command line answers one option, or None."""
    errors = io.StringIO()
    arguments = ["lab2", "--data", "xor", "--epochs", "2", "--out", "out", option, value]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
            status = command_line(arguments)
    except SystemExit as stop:
        status = stop.code
    except BaseException as error:
        return f"{option} {value!r}: {type(error).__name__}: {error}"
    said = errors.getvalue()
    if status == 2 and (said.count("\n") != 1 or len(said) < 20):
        return f"{option} {value!r}: not one clear line: {said!r}"
    return None if status in (0, 1, 2) else f"{option} {value!r}: status {status}"


@contextlib.contextmanager
def folder_of_ones_own():
    """Be in a folder where an odd path can do no harm."""
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("foreign.npz", "wb") as file:
            np.savez(file, a=np.zeros(3))
        try:
            yield
        finally:
            os.chdir(here)


def fuzz(count, derandomize=False):
    """Try ``count`` attacks, and return how often each failure was met."""
    failures = Counter()
    tried = Counter()

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=derandomize,
        suppress_health_check=list(HealthCheck),
    )
    @given(attacks())
    def run(attack):
        name, call, must_refuse = attack
        tried[name] += 1
        failure = try_attack(name, call, must_refuse)
        if failure:
            failures[failure] += 1

    with folder_of_ones_own():
        run()
    return tried, failures


def fuzz_command_line(values=CLI_VALUES):
    """Try every odd value for every option; return how many were tried, and the failures."""
    with folder_of_ones_own():
        results = [try_command_line(option, value) for option in CLI_OPTIONS for value in values]
    return len(results), [failure for failure in results if failure]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    count = parser.parse_args().count
    commands, failures_of_commands = fuzz_command_line()
    tried, failures = fuzz(count)
    for failure, times in failures.most_common():
        print(f"{times:6}  {failure}")
    print(*failures_of_commands, sep="\n")
    record(
        "fuzz",
        bad_inputs=sum(tried.values()),
        kinds_of_calls=len(tried),
        command_lines=commands,
        failures=sum(failures.values()) + len(failures_of_commands),
    )


if __name__ == "__main__":
    main()
