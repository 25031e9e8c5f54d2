"""All attacks: on every public name, on edited graphs, and calls that must be refused."""

import numpy as np
from hypothesis import strategies as st

import tinygraph as tg
from campaigns.fuzzing.odd_things import (
    a_node,
    functions,
    no_array,
    odd,
    odd_number,
    some_array,
    texts,
)
from campaigns.fuzzing.one_thing_odd import one_thing_odd, op_classes
from campaigns.fuzzing.sound_calls import FEEDS, OP_CLASSES, OPTIMIZERS, T, build, fresh, model

models = st.booleans().map(model)
an_op = st.sampled_from(OP_CLASSES)
an_optimizer = st.sampled_from(OPTIMIZERS)


class Shapes(tg.Op):
    """An op whose methods and attributes an attack replaces."""

    returned: object = None
    slopes: object = None
    promised: object = None

    def forward(self, x):
        return self.returned

    def backward(self, g, y, x):
        return self.slopes

    def infer_shape(self, x):
        return self.promised


def user_op(returned, slopes, promised):
    x = tg.Parameter(np.ones((2, 3)), name="w")
    op = Shapes(x, returned=returned, slopes=slopes, promised=promised)
    graph = tg.Graph(op)
    value = graph.forward()
    return graph.backward(seed=np.ones_like(value))


def class_of_an_op(parts):
    return type("OddOp", (tg.Op,), parts)(tg.Parameter(1.0))


def used_op(op_class, use):
    w = tg.Parameter(np.ones((2, 3)), name="w")
    graph = tg.Graph(tg.Sum(op_class(w, name="odd")))
    graph.forward()
    graph.backward()
    USES[use](graph, tg.SGD(w), {})


def user_optimizer(update, use):
    graph, _ = fresh(trained=True)
    kind = type("OddOptimizer", (tg.Optimizer,), {"update": update, "slots": ("v",)})
    USES[use](graph, kind(graph.parameters, lr=0.1), FEEDS)


def cycle():
    x = tg.Parameter(1.0)
    first = tg.Exp(x)
    second = tg.Exp(first)
    first.inputs = (second,)
    return second


def no_executor(executor):
    return tg.sweep(build, epochs=1, seeds=1, executor=executor, **FEEDS)


def assign(thing, name, value):
    setattr(thing, name, value)


USES = {
    "forward": lambda graph, optimizer, feeds: graph.forward(**feeds),
    "predict": lambda graph, optimizer, feeds: graph.predict(**feeds),
    "backward": lambda graph, optimizer, feeds: graph.backward(),
    "a step": lambda graph, optimizer, feeds: optimizer.step(),
    "summary": lambda graph, optimizer, feeds: graph.summary(),
    "repr": lambda graph, optimizer, feeds: repr((graph, *graph.nodes)),
    "trace": lambda graph, optimizer, feeds: graph.trace(optimizer, **feeds),
    "step_through": lambda graph, optimizer, feeds: tg.step_through(graph, optimizer, **feeds).html,
    "render": lambda graph, optimizer, feeds: tg.render(graph, gradients=True).dot,
    "derive": lambda graph, optimizer, feeds: tg.derive(graph, graph.parameters[0]).evaluate(),
    "diagnose": lambda graph, optimizer, feeds: str(tg.diagnose(graph)),
    "compile": lambda graph, optimizer, feeds: tg.compile(graph, optimizer).step(**feeds),
    "source": lambda graph, optimizer, feeds: tg.compile(graph, optimizer).source,
    "fit": lambda graph, optimizer, feeds: tg.fit(
        graph, optimizer, epochs=2, print_interval=0, engine="interpreted", **feeds
    ),
    "save": lambda graph, optimizer, feeds: tg.save("by-hand.npz", graph, optimizer),
    "a new graph": lambda graph, optimizer, feeds: tg.Graph(graph.output),
}


def by_hand(index, attribute, value, use):
    graph, optimizer = fresh(trained=True)
    setattr(graph.nodes[index], attribute, value)
    USES[use](graph, optimizer, FEEDS)


def attack(name, make, *strategies, must_refuse=False):
    return st.tuples(*strategies).map(lambda drawn: (name, lambda: make(*drawn), must_refuse))


def tampered():
    """Return a strategy for a node that the user has edited and then uses."""
    return st.sampled_from(list(USES)).flatmap(
        lambda use: attack(
            f"{use} of a node changed by hand",
            by_hand,
            st.integers(0, 17),
            st.sampled_from(["name", "inputs", "value", "grad"]),
            st.one_of(odd, st.lists(a_node, max_size=2).map(tuple)),
            st.just(use),
        )
    )


def refusals():
    """Return a strategy for calls that must be refused for every odd value."""
    return st.one_of(
        attack("Parameter of no array", tg.Parameter, no_array, must_refuse=True),
        attack(
            "Parameter.value of another shape",
            lambda v: assign(tg.Parameter(np.ones((7, 7))), "value", v),
            odd_number,
            must_refuse=True,
        ),
        attack("Graph of no node", tg.Graph, no_array, must_refuse=True),
        attack("cycle", lambda: tg.Graph(cycle()), must_refuse=True),
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
        attack("backward without forward", lambda: fresh()[0].backward(), must_refuse=True),
        attack(
            "learning rate that is no number",
            lambda o, v: assign(o([tg.Parameter(1.0)]), "lr", v),
            an_optimizer,
            no_array.filter(lambda v: not isinstance(v, np.generic) and not callable(v)),
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
            "load of a foreign file",
            lambda p: tg.load(p, *fresh()),
            st.one_of(odd, st.just("foreign.npz")),
            must_refuse=True,
        ),
        attack(
            "sweep of no build",
            lambda b: tg.sweep(b, epochs=1),
            no_array.filter(lambda build: not callable(build)),
            must_refuse=True,
        ),
        attack(
            "no executor", no_executor, no_array.filter(lambda v: v is not None), must_refuse=True
        ),
        attack("no path for a picture", tg.render(model()).save, no_array, must_refuse=True),
    )


def small_ones():
    """Return a strategy for attacks that are not an argument of a public function."""
    return st.one_of(
        attack("Parameter.value", lambda v: assign(tg.Parameter(1.0), "value", v), odd),
        attack("op on arrays", lambda op, a: op(*a), an_op, st.lists(some_array, max_size=3)),
        attack(
            "operator",
            lambda n, v: (n + v, v * n, n @ v, v / n),
            a_node,
            st.one_of(a_node, odd_number, texts),
        ),
        attack("power", lambda n, v: n**v, a_node, odd),
        attack("graph[name]", lambda m, n: m[n], models, odd),
        attack("name in graph", lambda m, n: n in m, models, st.one_of(no_array, texts)),
        attack("user op", user_op, odd, odd, odd),
        attack(
            "class of an op",
            class_of_an_op,
            st.dictionaries(
                st.sampled_from(["forward", "rules", "code", "formula", "role"]),
                st.one_of(odd, st.lists(st.builds(tg.Rule, odd, odd), max_size=2).map(tuple)),
                max_size=2,
            ),
        ),
        attack("user optimizer", user_optimizer, functions, st.sampled_from(list(USES))),
        attack("user op, used", used_op, op_classes, st.sampled_from(list(USES))),
    )


def attacks():
    """Return a strategy for (name, call, whether the call must be refused)."""
    # Not st.one_of: it would make one list of all of them, and rarely draw the first.
    return st.sampled_from(
        [one_thing_odd(), one_thing_odd(), one_thing_odd(), tampered(), refusals(), small_ones()]
    ).flatmap(lambda strategy: strategy)
