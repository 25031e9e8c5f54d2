r"""A graph's own names, as mathematics and as Python.

An op writes its formulas with the names of its arguments: ``x W``, ``x @ W``.  A reader who looks
at one graph wants that graph's names in them: :math:`z_1 = x W_1`, ``z1 = x @ W1``.  This module
gives every node a symbol and an identifier, each unique within the graph, and substitutes them.

A name can be any text.  Symbols and identifiers contain only letters, digits and ``_``, so they
cannot inject LaTeX, Python or HTML.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from itertools import count as count_from
from typing import Any

from tinygraph.core.backward_names import is_step, without_pass
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from tinygraph.notation.operands import (
    by_argument,
    constant_number,
    number_code,
    number_math,
    number_text,
    written_formula,
    written_reason,
)
from tinygraph.notation.renaming import GREEK, substitute_code, substitute_math
from tinygraph.notation.steps import LONGEST, in_place
from tinygraph.optim.declarations import Line
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import brief, is_whole_number
from tinygraph.validation.naming import describe

_RESERVED = frozenset({"np", "self", *keyword.kwlist})


class Notation:
    r"""The symbols and identifiers of one graph.

    Parameters
    ----------
    nodes : iterable of Node
        All nodes of the graph.
    output : Node
        The differentiated output; its symbol is :math:`L`.

    Examples
    --------
    >>> import tinygraph as tg
    >>> model = tg.lab2.model(rng=0)
    >>> names = Notation(model.nodes, model.output)
    >>> z = model["layer1/z"]
    >>> names.value_math(z)
    'z_{1} = x W_{1}'
    >>> names.value_code(z)
    'z1 = x @ W1'
    >>> names.gradient_code(z, 1)
    'dW1 = x.T @ dz1'
    >>> print(names.gradient_math(z, 1))
    \frac{\partial L}{\partial W_{1}} = x^\top \frac{\partial L}{\partial z_{1}}
    """

    def __init__(self, nodes: Iterable[Node], output: Node) -> None:
        nodes = list(nodes)
        self.identifiers = _identifiers(nodes)
        taken = set(self.identifiers.values()) | _RESERVED
        self._gradients = {
            node: _free(f"d{identifier}", taken) for node, identifier in self.identifiers.items()
        }
        self.symbols = _symbols(
            {n: text for n, text in self.identifiers.items() if n is not output}
        )
        self.symbols[output] = r"\mathcal{L}" if "L" in self.symbols.values() else "L"
        self._loss = self.symbols[output]
        self._steps: dict[Node, str] = {}
        for node in nodes:  # in topological order, so a step may contain earlier ones
            if isinstance(node, Op) and node.formula and node is not output and is_step(node):
                text = self.math(node, node.formula)
                if len(text) <= LONGEST:
                    self._steps[node] = text

    def symbol(self, node: Node) -> str:
        """Return the node's symbol in LaTeX, such as ``W_{1}``."""
        return self.symbols[self._known(node)]

    def identifier(self, node: Node) -> str:
        """Return the node's name as a Python identifier, such as ``W1``."""
        return self.identifiers[self._known(node)]

    def operand(self, node: Node) -> str:
        """Return an input as a formula shows it: its symbol, or a constant's number."""
        number = constant_number(self._known(node))
        return self.symbols[node] if number is None else number_math(number)

    def operand_in(self, op: Op, place: int, formula: str = "") -> str:
        """Return the input at a place as a formula of the op shows it; default: its own formula.

        A step of a backward pass is its own formula.
        """
        node = op.inputs[place]
        if isinstance(node, Op) and node in self._steps:
            argument = op.arguments[min(place, len(op.arguments) - 1)]
            return in_place(node, self._steps[node], formula or op.formula, argument)
        return self.operand(node)

    def operand_code(self, node: Node) -> str:
        """Return an input as code shows it: its identifier, or a constant's number."""
        number = constant_number(self._known(node))
        return self.identifiers[node] if number is None else number_code(number)

    def gradient_symbol(self, node: Node) -> str:
        """Return the gradient of the output with respect to the node, in LaTeX."""
        return rf"\frac{{\partial {self._loss}}}{{\partial {self.symbol(node)}}}"

    def gradient_identifier(self, node: Node) -> str:
        """Return the name of the node's gradient in code, such as ``dW1``."""
        return self._gradients[self._known(node)]

    def value_math(self, op: Op) -> str:
        """Return the equation that gives the op's value, in LaTeX."""
        arguments = ", ".join(map(self.operand, self._op(op).inputs))
        formula = op.formula and self.math(op, op.formula)
        return f"{self.symbol(op)} = {formula or _upright(type(op).__name__) + f'({arguments})'}"

    def value_code(self, op: Op) -> str:
        """Return the line of NumPy that computes the op's value."""
        arguments = ", ".join(map(self.operand_code, self._op(op).inputs))
        inputs = by_argument(op, list(map(self.operand_code, op.inputs)), "({},)")
        code = op.code and substitute_code(op.code, inputs, op)
        return f"{self.identifier(op)} = {code or f'{type(op).__name__}({arguments})'}"

    def gradient_math(self, op: Op, argument: int, summed: Sequence[int] = ()) -> str:
        """Return the equation for the gradient of one input, in LaTeX.

        ``summed`` are the axes along which the input was broadcast; the rule is summed over them.
        """
        left = self.gradient_symbol(self._argument(op, argument))
        summed = _axes(summed)
        if argument < len(op.rules):
            right = self.math(op, op.rules[argument].math)
            axes = ", ".join(map(str, summed))
            return f"{left} = " + (rf"\sum_{{\text{{axis {axes}}}}} {right}" if summed else right)
        arguments = ", ".join([self.gradient_symbol(op), *map(self.operand, op.inputs)])
        return rf"{left} = {_upright(type(op).__name__)}'({arguments})"

    def gradient_code(self, op: Op, argument: int, summed: Sequence[int] = ()) -> str:
        """Return the line of NumPy for the gradient of one input."""
        parent = self._argument(op, argument)
        summed = _axes(summed)
        left = self.gradient_identifier(parent)
        if argument < len(op.rules):
            right = self.code(op, op.rules[argument].code)
            if summed:
                axis = summed[0] if len(summed) == 1 else tuple(summed)
                right = f"({right})" if not right.isidentifier() else right
                right += f".sum(axis={axis}).reshape({self.identifier(parent)}.shape)"
            return f"{left} = {right}"
        arguments = [self.gradient_identifier(op), *map(self.identifier, (op, *op.inputs))]
        pick = f"[{argument}]" if len(op.inputs) > 1 else ""
        return f"{left} = {type(op).__name__}.backward({', '.join(arguments)}){pick}"

    def local_code(self, op: Op, argument: int) -> str:
        """Return the NumPy code of the local derivative, or "" if the op does not give it."""
        self._argument(op, argument)
        if argument >= len(op.rules) or not op.rules[argument].local:
            return ""
        return self.code(op, op.rules[argument].local)

    def _known(self, node: Any) -> Node:
        """Return the node; raise if it is not in this graph."""
        if isinstance(node, Node) and node in self.symbols:
            return node
        raise UnknownNameError(
            f"A notation names the nodes of one graph; {brief(node)} is none of them. If its "
            f"inputs have been changed since, build the Graph again."
        )

    def _op(self, op: Any) -> Op:
        node = self._known(op)
        if isinstance(node, Op):
            return node
        raise ArgumentTypeError(f"An op computes a value; {describe(node)} computes none.")

    def _argument(self, op: Op, argument: int) -> Node:
        """Return the input number ``argument`` of the op; raise if there is no such input."""
        inputs = self._op(op).inputs
        if is_whole_number(argument) and 0 <= argument < len(inputs):
            return inputs[argument]
        raise ArgumentError(
            f"The arguments of {describe(op)} are counted from 0 to {len(inputs) - 1}; "
            f"got {brief(argument)}."
        )

    def update_math(self, parameter: Node, line: Line) -> str:
        """Return one line of an optimizer's update of a parameter, in LaTeX."""
        names = {"w": self.symbol(parameter), "g": self.gradient_symbol(parameter)}
        letter, hat, _ = line.name.partition("_hat")
        # A name with a hat is computed in each step; any other name replaces its old value.
        left = rf"\hat {letter} =" if hat else rf"{names.get(letter, _upright(letter))} \leftarrow"
        return f"{left} {substitute_math(line.math, names)}"

    def update_code(self, parameter: Node, line: Line, optimizer: Optimizer) -> str:
        """Return one line of an optimizer's update of a parameter, in NumPy."""
        names = {"w": self.identifier(parameter), "g": self.gradient_identifier(parameter)}
        right = substitute_code(line.code, names, optimizer)
        return f"{names.get(line.name, line.name)} = {right}"

    def math(self, op: Op, formula: str, unsaid: Collection[Node] = ()) -> str:
        """Return one of the op's formulas with this graph's symbols in it.

        The ``unsaid`` inputs are written as dots.
        """
        symbols = [
            r"\dots" if node in unsaid else self.operand_in(op, place, formula)
            for place, node in enumerate(op.inputs)
        ]
        names = {"y": self.symbol(op), "g": self.gradient_symbol(op)}
        return written_formula(op, formula, names | by_argument(op, symbols, "{}"))

    def reason(self, op: Op, argument: int) -> str:
        """Return the reason for a gradient, with this graph's identifiers; "" if there is none."""
        self._argument(op, argument)
        if argument >= len(op.rules):
            return ""
        names = self._code_names(op)
        for name, node in zip(op.arguments, op.inputs):
            value = constant_number(node)
            if value is not None and name in names:
                names[name] = number_text(value)
        return written_reason(op, op.rules[argument].why, names)

    def code(self, op: Op, code: str) -> str:
        """Return one of the op's lines of NumPy with this graph's identifiers in it."""
        return substitute_code(code, self._code_names(op), op)

    def _code_names(self, op: Op) -> dict[str, str]:
        names = {"y": self.identifier(op), "g": self.gradient_identifier(op)}
        if len(op.inputs) == len(op.arguments):
            names |= dict(zip(op.arguments, map(self.operand_code, op.inputs), strict=True))
        return names


def _axes(summed: Any) -> tuple[int, ...]:
    if isinstance(summed, (tuple, list)) and all(map(is_whole_number, summed)):
        return tuple(summed)
    raise ArgumentTypeError(
        f"summed must be the axes to sum over, such as (0,); got {brief(summed)}."
    )


def _identifiers(nodes: list[Node]) -> dict[Node, str]:
    """Return a short name for each node if it is unique, otherwise the full name."""
    wanted = [_short_identifier(str(node.name)) for node in nodes]
    count = Counter(wanted)
    taken = {name for name in wanted if count[name] == 1} | _RESERVED
    return {
        node: short
        if count[short] == 1 and short not in _RESERVED
        else _free(_as_identifier(str(node.name)), taken)
        for node, short in zip(nodes, wanted, strict=True)
    }


def _short_identifier(name: str) -> str:
    """Return ``W1`` for ``layer1/W``: a leaf takes the number of its group.

    The group of a backward pass is left out: ``dW1`` for ``backward/layer1/dW``.
    """
    name = without_pass(name)
    group, _, leaf = name.rpartition("/")
    number = re.search("[0-9]*$", group)
    if number and number[0] and not leaf[-1:].isdigit():
        return _as_identifier(leaf) + number[0]
    return _as_identifier(name)


def _as_identifier(text: str) -> str:
    letters = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", text)).strip("_") or "node"
    return letters if letters.isidentifier() else f"node_{letters}"


def _free(name: str, taken: set[str]) -> str:
    """Return ``name``, numbered if it is taken, and take it."""
    numbered = (f"{name}_{number}" for number in count_from(2))
    free = next(each for each in chain([name], numbered) if each not in taken)
    taken.add(free)
    return free


def _symbols(identifiers: Mapping[Node, str]) -> dict[Node, str]:
    wanted = {node: _as_symbol(str(node.name), text) for node, text in identifiers.items()}
    count = Counter(wanted.values())
    return {
        node: symbol if count[symbol] == 1 else _upright(identifiers[node])
        for node, symbol in wanted.items()
    }


def _as_symbol(name: str, identifier: str) -> str:
    """Return one letter or word with the rest of the name as its index."""
    has_short_name = identifier == _short_identifier(name)
    name = without_pass(name) if has_short_name else name
    group, _, leaf = name.rpartition("/")
    base, *words = _as_identifier(leaf).split("_")
    if base[-1:].isdigit():
        stem = base.rstrip("0123456789")
        base, words = stem, [base[len(stem) :], *words]
    number = identifier.removeprefix(_as_identifier(leaf))
    if has_short_name and number.isdecimal():
        words.append(number)
    elif group:
        words = [*_as_identifier(group).split("_"), *words]
    index = r",\,".join(map(_upright, filter(None, words)))
    return _upright(base) + (f"_{{{index}}}" if index else "")


def _upright(word: str) -> str:
    """Return a word in LaTeX: a letter or a number unchanged, a longer word upright."""
    if GREEK.fullmatch(word):
        return f"\\{word}"
    if len(word) == 1 or word.isdecimal():
        return word
    escaped = word.replace("_", r"\_")
    return rf"\mathrm{{{escaped}}}"
