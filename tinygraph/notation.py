r"""A graph's own names, as mathematics and as Python.

An op writes its formulas with the names of its arguments: ``x W``, ``x @ W``.  A reader who looks
at one graph wants that graph's names in them: :math:`z_1 = x W_1`, ``z1 = x @ W1``.  This module
gives every node a symbol and an identifier, each unique within the graph, and puts them in.

A name may hold any text; a symbol and an identifier hold letters, digits and ``_`` alone, so
neither can smuggle LaTeX, Python or HTML to where it is shown.
"""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from itertools import count as count_from

from tinygraph.node import Node, Op

_GREEK = re.compile(
    "alpha|beta|[gG]amma|[dD]elta|epsilon|zeta|eta|[tT]heta|iota|kappa|[lL]ambda|mu|nu|[xX]i"
    "|[pP]i|rho|[sS]igma|tau|[uU]psilon|[pP]hi|chi|[pP]si|[oO]mega"
)

_RESERVED = frozenset({"np", "self", *keyword.kwlist})

# What a formula is made of: words set upright (left alone), commands, letters, all else.
_MATH = re.compile(
    r"\\(?:mathrm|text|operatorname)\s*\{[^{}]*\}|\\[A-Za-z]+|\\.|[A-Za-z]+|[^A-Za-z\\]+|\\"
)


class Notation:
    r"""The symbols and identifiers of one graph.

    Parameters
    ----------
    nodes : iterable of Node
        All nodes of the graph.
    output : Node
        What is differentiated; its symbol is :math:`L`.

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

    def symbol(self, node: Node) -> str:
        """Return the node's symbol in LaTeX, such as ``W_{1}``."""
        return self.symbols[node]

    def identifier(self, node: Node) -> str:
        """Return the node's name as a Python identifier, such as ``W1``."""
        return self.identifiers[node]

    def gradient_symbol(self, node: Node) -> str:
        """Return the gradient of the output with respect to the node, in LaTeX."""
        return rf"\frac{{\partial {self._loss}}}{{\partial {self.symbols[node]}}}"

    def gradient_identifier(self, node: Node) -> str:
        """Return the name of the node's gradient in code, such as ``dW1``."""
        return self._gradients[node]

    def value_math(self, op: Op) -> str:
        """Return how the op computes its value, in LaTeX."""
        arguments = ", ".join(map(self.symbol, op.inputs))
        formula = op.formula and self.math(op, op.formula)
        return f"{self.symbol(op)} = {formula or _upright(type(op).__name__) + f'({arguments})'}"

    def value_code(self, op: Op) -> str:
        """Return the line of NumPy that computes the op's value."""
        arguments = ", ".join(map(self.identifier, op.inputs))
        code = op.code and self.code(op, op.code)
        return f"{self.identifier(op)} = {code or f'{type(op).__name__}({arguments})'}"

    def gradient_math(self, op: Op, argument: int) -> str:
        """Return how the gradient that leaves towards one input is computed, in LaTeX."""
        left = self.gradient_symbol(op.inputs[argument])
        if argument < len(op.rules):
            return f"{left} = {self.math(op, op.rules[argument].math)}"
        arguments = ", ".join([self.gradient_symbol(op), *map(self.symbol, op.inputs)])
        return rf"{left} = {_upright(type(op).__name__)}'({arguments})"

    def gradient_code(self, op: Op, argument: int) -> str:
        """Return the line of NumPy for the gradient that leaves towards one input."""
        left = self.gradient_identifier(op.inputs[argument])
        if argument < len(op.rules):
            return f"{left} = {self.code(op, op.rules[argument].code)}"
        arguments = [self.gradient_identifier(op), *map(self.identifier, (op, *op.inputs))]
        pick = f"[{argument}]" if len(op.inputs) > 1 else ""
        return f"{left} = {type(op).__name__}.backward({', '.join(arguments)}){pick}"

    def local_code(self, op: Op, argument: int) -> str:
        """Return the NumPy of the local derivative, or nothing where the op gives none."""
        if argument >= len(op.rules) or not op.rules[argument].local:
            return ""
        return self.code(op, op.rules[argument].local)

    def math(self, op: Op, formula: str) -> str:
        """Return one of the op's formulas with this graph's symbols in it."""
        names = {"y": self.symbol(op), "g": self.gradient_symbol(op)}
        if len(op.inputs) == len(op.arguments):
            names |= dict(zip(op.arguments, map(self.symbol, op.inputs), strict=True))
        return substitute_math(formula, names)

    def code(self, op: Op, code: str) -> str:
        """Return one of the op's lines of NumPy with this graph's identifiers in it."""
        names = {"y": self.identifier(op), "g": self.gradient_identifier(op)}
        if len(op.inputs) == len(op.arguments):
            names |= dict(zip(op.arguments, map(self.identifier, op.inputs), strict=True))
        return substitute_code(code, names, op)


def substitute_math(formula: str, names: Mapping[str, str]) -> str:
    r"""Return a formula in LaTeX with whole names replaced, and powers of the new ones kept clear.

    Words in ``\mathrm``, ``\text`` and ``\operatorname`` stay as they are.

    >>> substitute_math(r"g W^\top", {"g": "G", "W": "W_{1}"})
    'G {W_{1}}^\\top'
    >>> print(substitute_math(r"\mathrm{g}\, g_{i}", {"g": r"\frac{a}{b}"}))
    \mathrm{g}\, \left(\frac{a}{b}\right)_{i}
    """
    tokens = _MATH.findall(formula)
    for place, token in enumerate(tokens):
        name = token[1:] if _GREEK.fullmatch(token, 1) else token
        if name not in names:
            continue
        symbol = names[name]
        following = "".join(tokens[place + 1 : place + 2]).lstrip()[:1]
        is_compound = len(symbol) > 1 and not re.fullmatch(r"\\[A-Za-z]+", symbol)
        if is_compound and (following == "_" or (following == "^" and r"\frac" in symbol)):
            symbol = rf"\left({symbol}\right)"
        elif is_compound and following == "^":
            symbol = f"{{{symbol}}}"
        tokens[place] = symbol
    return "".join(tokens)


def substitute_code(code: str, names: Mapping[str, str], owner: object = None) -> str:
    """Return an expression in Python with whole names replaced, and ``self.…`` by its number.

    What is no expression in Python stays as it is.

    >>> from types import SimpleNamespace
    >>> substitute_code("g * self.k * x ** (self.k - 1)", {"g": "dy", "x": "h1"},
    ...                 SimpleNamespace(k=3.0))
    'dy * 3.0 * h1 ** (3.0 - 1)'
    """
    try:
        tree = ast.parse(code, mode="eval")
    except SyntaxError:
        return code
    return ast.unparse(_Renaming(names, owner).visit(tree))


class _Renaming(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str], owner: object) -> None:
        self.names = names
        self.owner = owner

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            value = getattr(self.owner, node.attr, None)
            if value is None or isinstance(value, (bool, int, float)):
                return ast.Constant(value)
        return self.generic_visit(node)


def _identifiers(nodes: list[Node]) -> dict[Node, str]:
    """Name each node shortly where nobody else would have that name, else at length."""
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
    """Return ``W1`` for ``layer1/W``: a leaf takes the number of its group."""
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
    group, _, leaf = name.rpartition("/")
    has_short_name = identifier == _short_identifier(name)
    base, *words = _as_identifier(leaf).split("_")
    if base[-1:].isdigit():
        stem = base.rstrip("0123456789")
        base, words = stem, [base[len(stem) :], *words]
    if group and not has_short_name:
        words = [*_as_identifier(group).split("_"), *words]
    elif group:
        words.append(identifier[len(_as_identifier(leaf)) :])
    index = r",\,".join(map(_upright, filter(None, words)))
    return _upright(base) + (f"_{{{index}}}" if index else "")


def _upright(word: str) -> str:
    """Return a word as LaTeX sets it: a letter or a number as it is, a word upright."""
    if _GREEK.fullmatch(word):
        return f"\\{word}"
    if len(word) == 1 or word.isdecimal():
        return word
    escaped = word.replace("_", r"\_")
    return rf"\mathrm{{{escaped}}}"
