"""The public surface: everything that a user can call, from the package and its reference."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import tinygraph as tg

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "api"

HANDED_OUT = {
    *("Derivation", "Diagnosis", "Diagram", "Playground", "Stepper", "exercises.Verdict"),
}
"""Classes that only tinygraph constructs: their methods are attacked, not their constructors.

This also holds for all classes that the reference describes and ``tinygraph`` does not export.
"""

PARTS_OF_A_CLASS = {
    *("forward", "backward", "infer_shape", "example", "feed_ranges", "shape_error", "update")
}
"""Methods of the user's ops and optimizers: tinygraph calls them and checks their results."""

NOT_ATTACKED = {
    "Parameter.accept",
    "Constant.in_precision",
    "Graph.feed_arrays",
    "Graph.with_draws",
    "Random.drawn",
    "Notation.operand_in",
    "Optimizer.rate",
    "plots.REGIONS",
    "plots.Animation",
    "plots.Animation.save",
}
"""Functions that only tinygraph calls, with arguments that it has checked."""


def public_calls():
    """Return every public function, class and method, by the name that a user writes."""
    calls = {}
    for name, thing in {**_of_the_reference(), **_of_the_package()}.items():
        if inspect.isclass(thing):
            calls.update(_of_a_class(name, thing))
        else:
            calls[name] = thing
    return {name: call for name, call in calls.items() if name not in NOT_ATTACKED}


def parameters_of(function):
    """Return the parameters of a function, a bound method, or a constructor."""
    if inspect.isclass(function) and function.__init__ is not object.__init__:
        return list(inspect.signature(function.__init__).parameters.values())[1:]
    return list(inspect.signature(function).parameters.values())


def _of_the_package():
    found = {}
    for name in tg.__all__:
        thing = getattr(tg, name)
        parts = _named_in(thing).items() if inspect.ismodule(thing) else ()
        found.update({f"{name}.{part}": value for part, value in parts if callable(value)})
        if callable(thing):
            found[name] = thing
    return {
        name: thing
        for name, thing in found.items()
        if getattr(tg, name.rpartition(".")[2], None) is not thing or "." not in name
    }


def _named_in(module):
    """Return the names that a module lists, or else the functions that it defines."""
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and name[0] != "_"
    ]
    return {name: getattr(module, name) for name in names if name != "as_generator"}


def _of_the_reference():
    """Return the names in the reference that the package itself does not export."""
    text = "".join(page.read_text(encoding="utf-8") for page in sorted(REFERENCE.glob("*.rst")))
    entries = re.findall(
        r"^\.\. auto(?:class|function):: tinygraph\.(\w+\.\w[\w.]*)\n((?:    :.*\n)*)",
        text,
        re.MULTILINE,
    )
    found = {}
    for path, options in entries:
        module, _, name = path.rpartition(".")
        thing = getattr(import_module(f"tinygraph.{module}"), name)
        if not inspect.isclass(thing):
            found[path] = thing
        elif ":no-members:" not in options:
            hidden = "".join(re.findall(r":exclude-members:(.*)", options)).split(", ")
            found.update(_methods(name, thing, {each.strip() for each in hidden}))
    return found


def _of_a_class(name, cls):
    if issubclass(cls, tg.TinygraphError):
        return {}
    hidden = PARTS_OF_A_CLASS if issubclass(cls, (tg.Op, tg.Optimizer)) else set()
    return {**({} if name in HANDED_OUT else {name: cls}), **_methods(name, cls, hidden)}


def _methods(name, cls, hidden):
    return {
        f"{name}.{method}": value
        for method, value in vars(cls).items()
        if inspect.isfunction(value) and method[0] != "_" and method not in hidden
    }
