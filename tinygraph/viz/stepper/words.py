"""What happens in a step, in plain words, and numbers short enough to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tinygraph.notation.unicode import unicode_math
from tinygraph.trace.steps import ArrayData, LineData, OutgoingData, Step


def times(shape: list[int]) -> str:
    """Return the shape of an array as it is read aloud.

    >>> times([21, 4]), times([4]), times([])
    ('21×4', '4', 'one number')
    """
    return "×".join(map(str, shape)) or "one number"


def heading(step: Step) -> str:
    """Return what a step is called: ``"Backward: MatMul layer1/z"``."""
    if step["phase"] == "update":
        return f"Update: {step['op']} moves {step['node']}"
    return f"{step['phase'].capitalize()}: {step['op']} {step['node']}"


def sentence(step: Step) -> str:
    """Return what happens in a step, in one or two sentences."""
    return _SENTENCES[step["phase"]](step)


def _forward(step: Step) -> str:
    names = _listed([data["node"] for data in step["inputs"]])
    shape = times(step["value"]["shape"])
    return f"{_subject(step)} reads {names} and computes {step['node']}: {shape}."


def _backward(step: Step) -> str:
    outgoing = step["outgoing"]
    if not outgoing:
        return f"The gradient has arrived at {step['node']}; nothing it reads takes a gradient."
    names = _listed([leaving["node"] for leaving in outgoing])
    if re.fullmatch(r"\\frac\{(.*)\}\{\1\}", step["incoming_symbol"]):
        start = f"The way back begins at {step['node']}: ∂L/∂L = 1, as L changes with itself. "
    else:
        start = (
            f"The gradient has arrived at {step['node']}, norm {number(step['incoming']['norm'])}. "
        )
    return f"{start}Multiplied by the op's local derivative it goes on to {names}."


def _update(step: Step) -> str:
    return f"{_subject(step)} moves {step['node']} to make L smaller. This is step t = {step['t']}."


def _subject(step: Step) -> str:
    """Return what acts, after what it says of itself, if anything."""
    return f"{step['about']} It" if step["about"] else step["op"]


_SENTENCES = {"forward": _forward, "backward": _backward, "update": _update}


def purpose(step: Step, line: LineData) -> str:
    """Return what a line of an update is for; nothing where the optimizer does not say."""
    name = step["identifier"] if line["name"] == "w" else line["name"]
    return f"{name}: {line['why']}." if line["why"] else ""


def arrival(leaving: OutgoingData) -> str:
    """Return how a contribution joins what had arrived before; nothing where it is the only one.

    >>> arrival({"node": "h", "number": 2, "count": 3})
    'h is read in 3 places, so 3 contributions arrive there; this is number 2, and is added (+=).'
    """
    if leaving["count"] == 1:
        return ""
    join = "is the first" if leaving["number"] == 1 else f"is number {leaving['number']}"
    added = "" if leaving["number"] == 1 else ", and is added (+=)"
    return (
        f"{leaving['node']} is read in {leaving['count']} places, so {leaving['count']} "
        f"contributions arrive there; this {join}{added}."
    )


def loss_change(step: Step) -> str:
    """Return what the updates of a training step did to the loss.

    >>> loss_change({"loss_before": 0.25, "loss_after": 0.125})
    'L: 0.25 before the updates, 0.125 after them: it fell.'
    """
    before, after = step["loss_before"], step["loss_after"]
    change = ""
    if not isinstance(before, str) and not isinstance(after, str):
        rose = "rose, as long steps may"
        change = ": it " + ("fell" if after < before else rose if after > before else "stayed")
    shown = [f"{value:.5g}" if isinstance(value, float) else value for value in (before, after)]
    text = f"L: {shown[0]} before the updates, {shown[1]} after them{change}."
    return text.replace("-", "−")


def left_out(data: ArrayData) -> str:
    """Return what of an array is not shown, and what is known of it; nothing where all is."""
    if data["complete"]:
        return ""
    rows = data["entries"]
    corner = [len(rows), len(rows[0])] if rows and isinstance(rows[0], list) else [len(rows)]
    return (
        f"first {times(corner)} of {times(data['shape'])}; norm {number(data['norm'])}, "
        f"{number(data['min'])} to {number(data['max'])}"
    )


def entry_name(name: str, entry: Sequence[int]) -> str:
    """Return how an entry is written; a number that is no array has none.

    >>> entry_name("dW1", [0, 2]), entry_name("dw", [])
    ('dW1[0, 2]', 'dw')
    """
    return f"{name}[{', '.join(map(str, entry))}]" if entry else name


def left_to_add(rest: float, name: str, entry: Sequence[int]) -> str:
    """Return what the rows that are not shown add to an entry; six digits, as much may cancel.

    >>> left_to_add(-0.25, "db1", [0])
    'The rows that the tables leave out add −0.25 to db1[0].'
    """
    shown = f"{rest:.6g}".replace("-", "−")
    return f"The rows that the tables leave out add {shown} to {entry_name(name, entry)}."


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
    """Return the letter of a setting in formulas, in LaTeX: its name where it has none."""
    return _LETTERS.get(name, rf"\mathrm{{{name}}}")


_LETTERS = {
    "lr": r"\eta",
    "beta": r"\beta",
    "beta1": r"\beta_1",
    "beta2": r"\beta_2",
    "rho": r"\rho",
    "eps": r"\varepsilon",
}


def number(value: Any, is_reckoned_with: bool = False) -> str:
    """Return a number in few characters, with a proper minus sign.

    What is far from 1 gets two digits, and three where a reader is to reckon with it.

    >>> number(0.0466), number(-1234.5), number(9.1e-5), number(0.0), number("nan"), number(3.0)
    ('0.0466', '−1234', '9.1e−5', '0', 'nan', '3')
    >>> number(9.123e-5, is_reckoned_with=True)
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
        mantissa, _, exponent = f"{value:.{1 + is_reckoned_with}e}".partition("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.rstrip(".").replace("-", "−")


def _listed(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    return " and ".join([", ".join(unique[:-1]), unique[-1]] if len(unique) > 1 else unique)
