"""Run random graphs with random training histories: all engines must agree or refuse.

A history draws its batch size, its callbacks (which change hyperparameters of ops, attributes of
the optimizer and its groups, constants and parameters, or read nodes), runs in several parts,
frozen parameters, groups, clipped gradients, random masks and states. The numbers that a
callback reads and the trained parameters must be equal in all engines.
Python runs the loops of the numba target, so that nothing is compiled to machine code.

Usage: ``python -m campaigns.histories --count 2000``, from the folder of the tests.
"""

import argparse
import importlib
from collections import Counter

import numpy as np

import tinygraph as tg
from campaigns.figures import record

WIDTH = 3
ENGINES = ("interpreted", "numpy", "numba", "auto")


class Leaky(tg.Op):
    slope = 0.3

    def forward(self, x):
        return np.where(x > 0, x, self.slope * x)

    def backward(self, g, y, x):
        return g * np.where(x > 0, 1.0, self.slope)


class Scaled(tg.Op):
    def forward(self, x):
        return x * self.scale

    def backward(self, g, y, x):
        return g * self.scale


class Called(tg.Op):
    """Converts an element to a float, so a compiled program can only call it."""

    def forward(self, x):
        return x * (1.0 + 0.1 * float(np.tanh(x).sum() > 0))

    def backward(self, g, y, x):
        return g * (1.0 + 0.1 * float(np.tanh(x).sum() > 0))


class Decays(tg.Momentum):
    """Reads an attribute that is not a hyperparameter, and the step number."""

    decay = 0.1

    def update(self, w, g, t, v):
        v = self.beta * v - self.lr / (1 + 0.01 * self.steps) * (g + self.decay * w)
        return w + v, v


class Counts(tg.SGD):
    """Keeps a counter, so only the interpreter can run it."""

    count = 0

    def update(self, w, g, t):
        self.count += 1
        return (w - self.lr / (1 + 0.1 * self.count) * g,)


OPTIMIZERS = [tg.SGD, tg.Momentum, tg.AdaGrad, tg.Adam, Decays, Counts]


def random_model(rng):
    """Return a model, its feeds, and the ops whose hyperparameters a callback may change."""
    x, t = tg.Input("x", shape=(None, WIDTH)), tg.Input("t", shape=(None, WIDTH))
    nodes, ops, updates = [x], [], {}
    for k in range(int(rng.integers(1, 6))):
        h = nodes[-1 - int(rng.integers(min(2, len(nodes))))]
        kind = rng.choice(["layer", "leaky", "scaled", "called", "mask", "state", "constant"])
        if kind == "layer":
            W = tg.Parameter(
                rng.normal(size=(WIDTH, WIDTH)), name=f"W{k}", trainable=bool(rng.random() < 0.8)
            )
            h = tg.AddBias(tg.MatMul(h, W), tg.Parameter(rng.normal(size=WIDTH), name=f"b{k}"))
            h = rng.choice([tg.Tanh, tg.Sigmoid, tg.Identity])(h)
        elif kind == "leaky":
            ops.append(h := Leaky(h))
        elif kind == "scaled":
            ops.append(h := Scaled(h, scale=np.array([1.0, 0.5, 0.8])))
        elif kind == "called":
            h = Called(h)
        elif kind == "mask":
            mask = tg.Random(f"mask{k}", (None, WIDTH), lambda rng, shape: rng.random(shape) < 0.7)
            h = h * tg.Switch(mask, 0.7)
        elif kind == "state":
            state = tg.State(np.zeros(WIDTH), name=f"mean{k}")
            mean = tg.Mean(h, axis=0)
            updates[state] = tg.Add(state * 0.9, mean * 0.1)
            h = h - 0.1 * tg.Switch(mean, state)
        else:
            h = h + tg.Constant(rng.normal(size=WIDTH), name=f"c{k}")
        nodes.append(h)
    W = tg.Parameter(rng.normal(size=(WIDTH, WIDTH)), name="W")
    y = tg.MatMul(nodes[-1], W, name="y")
    model = tg.Graph(tg.MSE(y, t), prediction=y, updates=updates, rng=int(rng.integers(99)))
    n = int(rng.integers(1, 12))
    feeds = {"x": rng.normal(size=(n, WIDTH)), "t": rng.normal(size=(n, WIDTH))}
    return model, feeds, ops


def in_groups(rng, model):
    """Return the parameters of a model, in some histories a random part of them as a group."""
    own = [p for p in model.parameters if p.trainable and rng.random() < 0.2]
    others = [p for p in model.parameters if p not in own]
    return [*others, {"parameters": own, "lr": 0.05}] if own else others


def change(rng, model, optimizer, ops):
    """Change something that affects the next step."""
    kinds = [
        "op",
        "class",
        "lr",
        "group",
        "clip",
        "decay",
        "steps",
        "constant",
        "parameter",
        "none",
    ]
    kind = rng.choice(kinds)
    if kind == "op" and ops:
        op = ops[int(rng.integers(len(ops)))]
        if isinstance(op, Leaky):
            op.slope = float(rng.random())
        else:
            op.scale[int(rng.integers(WIDTH))] *= 0.9
    elif kind == "class":
        Leaky.slope = float(rng.random())
    elif kind == "lr":
        optimizer.lr = optimizer.lr * 0.9
    elif kind == "group" and optimizer.groups:
        own = next(iter(optimizer.groups.values()))
        own["lr"] = own["lr"] * 0.5
    elif kind == "clip":
        optimizer.clip_norm = None if rng.random() < 0.3 else float(rng.random()) + 0.01
    elif kind == "decay" and isinstance(optimizer, Decays):
        optimizer.decay = float(rng.random()) * 0.1
    elif kind == "steps":
        optimizer.steps = 0
    elif kind == "constant":
        for node in model.nodes:
            if isinstance(node, tg.Constant) and node.has_own_precision:
                node.value[0] += 0.1
    elif kind == "parameter":
        parameter = model.parameters[int(rng.integers(len(model.parameters)))]
        parameter.value = parameter.value * 0.9


def history(seed, engine):
    """Return all numbers that a user can read after one random history."""
    Leaky.slope = 0.3
    rng = np.random.default_rng(seed)
    model, feeds, ops = random_model(rng)
    kind = OPTIMIZERS[int(rng.integers(len(OPTIMIZERS)))]
    optimizer = kind(in_groups(rng, model), lr=0.03)
    if rng.random() < 0.3:
        optimizer.clip_norm = float(10 ** rng.uniform(-3, 1))
    if hasattr(optimizer, "eps"):
        optimizer.eps = 1e-2  # near g = 0 steps are ±lr, and the sign of a rounding error shows
    seen = []

    def callback(run):
        seen.append(run.loss[-1])
        for node in model.nodes:
            seen.append(np.array(node.value))
            if node.grad is not None:
                seen.append(np.array(node.grad))
        change(rng, model, optimizer, ops)

    run = None
    for _ in range(int(rng.integers(1, 4))):
        settings = {
            "epochs": int(rng.choice([1, 3, 7, 130])),
            "batch_size": rng.choice([None, 2, 4, 5]),
            "callback": callback if rng.random() < 0.7 else None,
            "callback_interval": int(rng.choice([1, 2, 50])),
            "history": run if rng.random() < 0.5 else None,
            "rng": int(rng.integers(3)),
        }
        run = tg.fit(model, optimizer, engine=engine, print_interval=0, **settings, **feeds)
        seen.append(run.loss)
    seen += [np.array(p.value) for p in (*model.parameters, *model.states)]
    seen += [array for parameter in optimizer.parameters for array in optimizer.memory[parameter]]
    return [*seen, optimizer.steps, model.rng.random()], run.engine


def compare(seed, engines=ENGINES):
    """Compare every engine with the interpreter; return which engines ran."""
    ran = Counter()
    try:
        expected, _ = history(seed, "interpreted")
    except tg.TinygraphError as error:  # a parameter that only an update of a State reads
        expected = str(error)
    for engine in engines:
        try:
            got, name = history(seed, engine)
        except tg.TinygraphError as error:
            if "cannot run this graph" not in str(error) and not isinstance(expected, str):
                raise
            ran["refused"] += 1
            continue
        assert not isinstance(expected, str), (seed, engine, expected)
        ran[name] += 1
        assert len(got) == len(expected), (seed, engine)
        for one, other in zip(got, expected):
            np.testing.assert_allclose(
                one, other, rtol=1e-7, atol=1e-9, err_msg=f"seed {seed}, engine {engine}"
            )
    return ran


def run_loops_in_python():
    """Let Python run the loops of the numba target, which takes no compile time."""
    program = importlib.import_module("tinygraph.compile.targets.numba.program")
    machine_code = importlib.import_module("tinygraph.compile.targets.numba.machine_code")
    program.compile_source = lambda source: machine_code.module_of(source).run


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    run_loops_in_python()
    ran = Counter()
    for seed in range(options.first, options.first + options.count):
        with np.errstate(all="ignore"):
            ran += compare(seed)
    record(
        "histories",
        histories=options.count,
        **{f"runs_{name}": count for name, count in sorted(ran.items())},
    )


if __name__ == "__main__":
    main()
