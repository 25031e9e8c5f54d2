"""One name for another: in a formula in LaTeX, and in an expression in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

GREEK = re.compile(
    "alpha|beta|[gG]amma|[dD]elta|epsilon|zeta|eta|[tT]heta|iota|kappa|[lL]ambda|mu|nu|[xX]i"
    "|[pP]i|rho|[sS]igma|tau|[uU]psilon|[pP]hi|chi|[pP]si|[oO]mega"
)

# The parts of a formula: upright words, which stay unchanged, commands, letters, and the rest.
MATH_TOKENS = re.compile(
    r"\\(?:mathrm|text|operatorname)\s*\{[^{}]*\}|\\[A-Za-z]+|\\.|[A-Za-z]+|[^A-Za-z\\]+|\\"
)


def substitute_math(formula: str, names: Mapping[str, str]) -> str:
    r"""Return a formula in LaTeX with whole names replaced, each power and index kept as it was.

    Words in ``\mathrm``, ``\text`` and ``\operatorname`` stay as they are.

    >>> substitute_math(r"g W^\top", {"g": "G", "W": "W_{1}"})
    'G {W_{1}}^\\top'
    >>> substitute_math("e^x", {"x": "z_{1}"})
    'e^{z_{1}}'
    >>> print(substitute_math(r"\mathrm{g}\, g_{i}", {"g": r"\frac{a}{b}"}))
    \mathrm{g}\, \left(\frac{a}{b}\right)_{i}
    """
    tokens = MATH_TOKENS.findall(formula)
    for place, token in enumerate(tokens):
        name = token[1:] if GREEK.fullmatch(token, 1) else token
        if name not in names:
            continue
        symbol = names[name]
        preceding = "".join(tokens[place - 1 : place]).rstrip()[-1:]
        following = "".join(tokens[place + 1 : place + 2]).lstrip()[:1]
        is_compound = len(symbol) > 1 and not re.fullmatch(r"\\[A-Za-z]+", symbol)
        if is_compound and (following == "_" or (following == "^" and r"\frac" in symbol)):
            symbol = rf"\left({symbol}\right)"
        elif is_compound and (following == "^" or preceding in ("^", "_")):
            symbol = f"{{{symbol}}}"
        tokens[place] = symbol
    return "".join(tokens)


def substitute_code(code: str, names: Mapping[str, str], owner: object = None) -> str:
    """Return an expression in Python with whole names replaced, and ``self.…`` by its number.

    Text that is not an expression in Python is returned unchanged.

    >>> from types import SimpleNamespace
    >>> substitute_code("g * self.k * x ** (self.k - 1)", {"g": "dy", "x": "h1"},
    ...                 SimpleNamespace(k=3.0))
    'dy * 3.0 * h1 ** (3.0 - 1)'
    """
    tree = parsed(code)
    return code if tree is None else ast.unparse(_Renaming(names, owner).visit(tree))


def parsed(code: str) -> ast.Expression | None:
    """Parse an expression in Python; return None for any other text.

    >>> parsed("x @ W") is None, parsed("x = = 1") is None
    (False, True)
    """
    try:
        return ast.parse(code, mode="eval")
    except (SyntaxError, UnicodeEncodeError):  # half a surrogate pair cannot be encoded
        return None


class _Renaming(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str], owner: object) -> None:
        self.names = names
        self.owner = owner

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            value = getattr(self.owner, node.attr, None)
            if value is None or isinstance(value, (bool, int, float, str)):
                return ast.Constant(value)
            if isinstance(value, (tuple, list)) and all(isinstance(n, int) for n in value):
                return ast.parse(repr(value), mode="eval").body
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Leave out NumPy's defaults: ``axis=None``, ``keepdims=False``, ``transpose(x, None)``."""
        call = self.generic_visit(node)
        assert isinstance(call, ast.Call)
        if ast.unparse(call.func).startswith("np."):
            call.keywords = [k for k in call.keywords if (k.arg, _number(k.value)) not in _DEFAULTS]
        if ast.unparse(call.func) == "np.transpose" and _number(call.args[-1]) is None:
            call.args.pop()
        return call

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """Keep the branch that a hyperparameter chooses: ``… if self.axis is None else …``."""
        choice = self.generic_visit(node)
        assert isinstance(choice, ast.IfExp)
        test = choice.test
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is):
            sides = (_number(test.left), _number(test.comparators[0]))
            if _UNKNOWN not in sides:
                return choice.body if sides[0] is sides[1] else choice.orelse
        return choice


_UNKNOWN = object()
_DEFAULTS = (("axis", None), ("keepdims", False))


def _number(node: ast.expr) -> Any:
    return node.value if isinstance(node, ast.Constant) else _UNKNOWN
