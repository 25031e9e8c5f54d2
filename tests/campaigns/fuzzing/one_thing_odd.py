"""The attack on every public name: a valid call with one or two odd arguments."""

from functools import cache, partial

from hypothesis import strategies as st

import tinygraph as tg
from campaigns.fuzzing.judge import folder_of_ones_own
from campaigns.fuzzing.odd_things import EVERYTHING, a_node, data, functions, odd, paths, texts
from campaigns.fuzzing.sound_calls import SOUND_CALLS, build
from campaigns.fuzzing.surface import parameters_of


class BadOp(tg.Op):
    """An op whose methods an attack replaces."""

    def forward(self, x):
        return x

    def backward(self, g, y, x):
        return g


def changed_by_hand(fields):
    history = tg.History()
    for name, value in fields.items():
        setattr(history, name, value)
    return history


rules = st.lists(st.builds(tg.Rule, texts, texts, texts, texts), max_size=2).map(tuple)
op_texts = st.sampled_from(["code", "formula", "role"])
op_methods = st.sampled_from(["forward", "backward", "infer_shape", "example"])
op_parts = st.one_of(
    st.dictionaries(op_methods, functions, max_size=2),
    st.dictionaries(op_texts, texts, max_size=2),
    st.fixed_dictionaries({"rules": rules}),
)
op_classes = op_parts.map(lambda parts: type("OddOp", (BadOp,), parts))
histories = st.dictionaries(
    st.sampled_from(["loss", "records", "seconds", "stopped", "engine"]), data, max_size=2
).map(changed_by_hand)
grids = st.dictionaries(st.one_of(texts, st.just("lr")), st.lists(data, max_size=2), max_size=2)
builds = st.one_of(functions, data.map(lambda lr: lambda rng, **point: build(rng, lr=lr)))
states = st.tuples(st.sampled_from(["kind", "steps", "hyperparameters", "memory"]), odd).map(
    lambda entry: {**tg.Adam(tg.lab2.model().parameters).state(), entry[0]: entry[1]}
)

AT_HOME = {
    "around": st.one_of(a_node, st.sampled_from(["loss", "layer1/W", "layer1"])),
    "answer": st.one_of(functions, op_classes, st.lists(data, min_size=2, max_size=4).map(tuple)),
    "build": builds,
    "callback": functions,
    "executor": functions,
    "exercise": st.sampled_from(list(tg.exercises.EXERCISES)),
    "grid": grids,
    "history": histories,
    "op_class": op_classes,
    "path": paths,
    "runs": st.lists(data, max_size=2),
    "save": paths,
    "settings": st.dictionaries(st.one_of(texts, st.sampled_from(["lr", "seed"])), data),
    "state": states,
    "tablefmt": st.sampled_from(["html", "simple", "nonsense", ""]),
}
"""Odd values that are similar to a parameter's valid ones, so they pass the first checks."""


@cache
def pairs():
    """Return every public call with each of its parameters, or with None if it has none."""
    with folder_of_ones_own():
        return [
            (name, parameter)
            for name, make in SOUND_CALLS.items()
            for parameter in parameters_of(make()[0]) or [None]
        ]


def each_alone():
    """Yield every public call with each odd value for each of its arguments."""
    for name, parameter in pairs():
        for make in EVERYTHING if parameter is not None else ():
            value = make()
            if parameter.kind is parameter.VAR_POSITIONAL:
                value = [value]
            elif parameter.kind is parameter.VAR_KEYWORD:
                value = {"x": value, "self": value}
            yield f"{name}({parameter.name})", partial(spoil, name, {parameter.name: value}), False


def spoil(name, spoilt):
    function, sound = SOUND_CALLS[name]()
    shown(call(function, {**sound, **spoilt}))


def odd_for(name, parameter):
    """Return a strategy for the odd value of one argument."""
    near = AT_HOME.get(parameter.name)
    strategy = odd if near is None else st.one_of(near, odd)
    if parameter.kind is parameter.VAR_POSITIONAL:
        return st.one_of(st.lists(strategy, max_size=3), st.lists(a_node, max_size=3))
    if parameter.kind is not parameter.VAR_KEYWORD:
        return strategy
    keywords = getattr(getattr(tg, name, None), "_keywords", {"x", "t", "lr", "rng", "self"})
    return st.dictionaries(
        st.one_of(texts, st.sampled_from([*sorted(keywords), "name", "__class__"])),
        strategy,
        max_size=2,
    )


@st.composite
def one_thing_odd(draw):
    """Draw (name, call, False): a valid call with an odd argument, which may be allowed."""
    name, parameter = draw(st.sampled_from(pairs()))
    function, sound = SOUND_CALLS[name]()
    parameters = parameters_of(function)
    spoilt = {} if parameter is None else {parameter.name: draw(odd_for(name, parameter))}
    if parameters and draw(st.integers(0, 3)) == 0:
        second = draw(st.sampled_from(parameters))
        spoilt[second.name] = draw(odd_for(name, second))
    for each in parameters:
        # Every second time, the valid feeds are kept, together with the odd one.
        if each.kind is each.VAR_KEYWORD and each.name in spoilt and draw(st.booleans()):
            spoilt[each.name] = {**sound.get(each.name, {}), **spoilt[each.name]}
    what = name if parameter is None else f"{name}({parameter.name})"
    return what, lambda: shown(call(function, {**sound, **spoilt})), False


def shown(result):
    """Print a result, which may be broken although it was accepted; a Rule is only texts."""
    return result if isinstance(result, tg.Rule) else repr(result)


def call(function, arguments):
    """Call a function with each argument by position or by name, as its parameter needs it."""
    positional, named = [], {}
    for parameter in parameters_of(function):
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional += arguments.get(parameter.name, ())
        elif parameter.kind is parameter.VAR_KEYWORD:
            named.update(arguments.get(parameter.name, {}))
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(arguments.get(parameter.name, parameter.default))
        elif parameter.name in arguments:
            named[parameter.name] = arguments[parameter.name]
    return function(*positional, **named)
