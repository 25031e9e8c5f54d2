"""Sentences about a step, and numbers in few characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tinygraph.notation.unicode import unicode_math
from tinygraph.trace.steps import ArrayData, InputData, LineData, OutgoingData, Step


def times(shape: list[int]) -> str:
    """Return the shape of an array in words.

    >>> times([21, 4]), times([4]), times([])
    ('21×4', '4', 'one number')
    """
    return "×".join(map(str, shape)) or "one number"


def heading(step: Step) -> str:
    """Return the title of a step: ``"Backward: MatMul layer1/z"``."""
    if step["phase"] == "update":
        return f"Update: {step['op']} moves {step['node']}"
    return f"{step['phase'].capitalize()}: {step['op']} {step['node']}"


def sentence(step: Step) -> str:
    """Describe a step in one to three sentences."""
    return _SENTENCES[step["phase"]](step)


def _forward(step: Step) -> str:
    names = _listed([_name(data) for data in step["inputs"]])
    shape = step["value"]["shape"]
    result = f"{step['node']}, {_array_words(shape)}"
    about = f"{step['about']} " if step["about"] else ""
    return f"{about}Inputs: {names}. Output: {result}."


def _name(data: InputData) -> str:
    """Return the name of an input; of a constant without a name, its number."""
    return data["node"] if data["identifier"].isidentifier() else f"the number {data['identifier']}"


def _array_words(shape: list[int]) -> str:
    kinds = {0: "one number", 1: "a vector of {}", 2: "a {} matrix"}
    return kinds.get(len(shape), "an array of {}").format(times(shape))


def _backward(step: Step) -> str:
    outgoing = step["outgoing"]
    if not outgoing:
        return f"The gradient at {step['node']} is known. Its inputs do not need gradients."
    names = _listed([leaving["node"] for leaving in outgoing])
    if re.fullmatch(r"\\frac\{(.*)\}\{\1\}", step["incoming_symbol"]):
        start = f"The backward pass starts at {step['node']}: ∂L/∂L = 1. "
    else:
        norm = number(step["incoming"]["norm"])
        start = f"The gradient at {step['node']} is known (norm {norm}). "
    return f"{start}Multiply it by the local derivative to get the gradient at {names}."


def _update(step: Step) -> str:
    subject = f"{step['about']} It" if step["about"] else step["op"]
    return f"{subject} moves {step['node']} to make L smaller. This is step t = {step['t']}."


_SENTENCES = {"forward": _forward, "backward": _backward, "update": _update}


def purpose(step: Step, line: LineData) -> str:
    """Return the purpose of a line of an update; "" if the optimizer does not give one."""
    name = step["identifier"] if line["name"] == "w" else line["name"]
    return f"{name}: {line['why']}." if line["why"] else ""


def arrival(leaving: OutgoingData) -> str:
    """Return how a contribution is added to earlier ones; "" if it is the only one.

    >>> arrival({"node": "h", "number": 2, "count": 3})
    'h is used 3 times, so its gradient is a sum of 3 contributions. This is number 2: add it (+=).'
    """
    if leaving["count"] == 1:
        return ""
    added = "" if leaving["number"] == 1 else ": add it (+=)"
    return (
        f"{leaving['node']} is used {leaving['count']} times, so its gradient is a sum of "
        f"{leaving['count']} contributions. "
        f"This is number {leaving['number']}{added}."
    )


def loss_change(step: Step) -> str:
    """Return how the updates of a training step changed the loss.

    >>> loss_change({"loss_before": 0.25, "loss_after": 0.125})
    'The updates decreased L from 0.25 to 0.125.'
    """
    before, after = step["loss_before"], step["loss_after"]
    shown = [f"{value:.5g}" if isinstance(value, float) else value for value in (before, after)]
    if before == after:
        return f"The updates did not change L = {shown[0]}.".replace("-", "−")
    verb, advice = "changed", ""
    if not isinstance(before, str) and not isinstance(after, str):
        verb = "decreased" if after < before else "increased"
        advice = " The step may be too long." if after > before else ""
    return f"The updates {verb} L from {shown[0]} to {shown[1]}.{advice}".replace("-", "−")


def left_out(data: ArrayData) -> str:
    """Return which part of an array is shown, and its size; "" if all of it is shown."""
    if data["complete"]:
        return ""
    rows = data["entries"]
    corner = [len(rows), len(rows[0])] if rows and isinstance(rows[0], list) else [len(rows)]
    return (
        f"first {times(corner)} of {times(data['shape'])}; norm {number(data['norm'])}, "
        f"{number(data['min'])} to {number(data['max'])}"
    )


def entry_name(name: str, entry: Sequence[int]) -> str:
    """Return the name of an element of an array; of a scalar, the plain name.

    >>> entry_name("dW1", [0, 2]), entry_name("dw", [])
    ('dW1[0, 2]', 'dw')
    """
    return f"{name}[{', '.join(map(str, entry))}]" if entry else name


def left_to_add(rest: float, name: str, entry: Sequence[int]) -> str:
    """Return the contribution of the rows that are not shown, with six digits, as much may cancel.

    >>> left_to_add(-0.25, "db1", [0])
    'The rows that are not in the tables add −0.25 to db1[0].'
    """
    shown = f"{rest:.6g}".replace("-", "−")
    return f"The rows that are not in the tables add {shown} to {entry_name(name, entry)}."


def settings(step: Step) -> str:
    """Return the optimizer's settings, in the letters of its formulas.

    >>> settings({"hyperparameters": {"lr": 0.1, "beta1": 0.9, "nesterov": 1}})
    'η = 0.1 (lr), β₁ = 0.9 (beta1), nesterov = 1'
    """
    shown = []
    for name, value in step["hyperparameters"].items():
        symbol = unicode_math(setting_symbol(name))
        shown.append(f"{symbol} = {value:g}" + (f" ({name})" if symbol != name else ""))
    return ", ".join(shown)


def setting_symbol(name: str) -> str:
    """Return the LaTeX letter of a setting in formulas, or its name."""
    return _LETTERS.get(name, rf"\mathrm{{{name}}}")


_LETTERS = {
    "lr": r"\eta",
    "beta": r"\beta",
    "beta1": r"\beta_1",
    "beta2": r"\beta_2",
    "rho": r"\rho",
    "eps": r"\varepsilon",
}


def number(value: Any, is_computed_with: bool = False) -> str:
    """Return a number in few characters, with a true minus sign.

    A number far from 1 gets two digits, or three if the reader computes with it.

    >>> number(0.0466), number(-1234.5), number(9.1e-5), number(0.0), number("nan"), number(3.0)
    ('0.0466', '−1234', '9.1e−5', '0', 'nan', '3')
    >>> number(9.123e-5, is_computed_with=True)
    '9.12e−5'
    """
    if not isinstance(value, (int, float)):
        return str(value).replace("-", "−")
    size = abs(value)
    if value == int(value) and size < 10_000:
        text = str(int(value))
    elif 1e-3 <= size < 10_000:
        text = f"{value:.0f}" if size >= 1_000 else f"{value:#.3g}"
    else:
        mantissa, _, exponent = f"{value:.{1 + is_computed_with}e}".partition("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.rstrip(".").replace("-", "−")


def _listed(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    return " and ".join([", ".join(unique[:-1]), unique[-1]] if len(unique) > 1 else unique)
