"""One text for every batch size: a graph is printed at three sizes, and the texts are compared.

Where the three texts differ, they differ in numbers only. A whole number is then a + b·n, with n
the batch size, or n² for pairs of samples; any other number is a constant times a power of n, as
the 2/n in the gradient of a mean. A graph whose texts differ otherwise has no such text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from tinygraph.compile.record.arrays import Unrecordable

_NUMBER = re.compile(r'("[^"\n]*"|//.*)|(?<![\w.$])(\d+(?:\.\d*)?(?:e[+-]?\d+)?)(?!\w)')
_POWERS = {
    -1: "{k} / n",
    1: "{k} * n",
    -2: "{k} / (n * n)",
    2: "{k} * n * n",
    -0.5: "{k} / Math.sqrt(n)",
    0.5: "{k} * Math.sqrt(n)",
}


def merge(texts: Sequence[str], sizes: Sequence[int]) -> str:
    """Return the text in which ``n`` stands for the batch size.

    >>> print(merge(["f(303, 0.5, 202)", "f(309, 0.5, 206)", "f(321, 0.5, 214)"], [101, 103, 107]))
    f(3 * n, 0.5, 2 * n)

    Raises
    ------
    Unrecordable
        If there is no such text.
    """
    parts = [_parts(text) for text in texts]
    if len(set(map(len, parts))) > 1:
        raise Unrecordable("other batch sizes give other operations")
    merged = []
    for place, same in enumerate(zip(*parts)):
        if len(set(same)) == 1:
            merged.append(same[0])
        elif place % 2 == 0:
            raise Unrecordable("other batch sizes give other operations")
        else:
            before, after = merged[-1][-2:], parts[0][place + 1][:1]
            merged.append(_in_brackets(_of_batch(same, sizes), before, after))
    return "".join(merged)


def _parts(text: str) -> list[str]:
    """Return the text between numbers, and the numbers, in turn; names and comments are text."""
    parts, rest = [], 0
    for match in _NUMBER.finditer(text):
        if match[1] is None:
            parts += [text[rest : match.start()], match[0]]
            rest = match.end()
    return [*parts, text[rest:]]


def _of_batch(texts: Sequence[str], sizes: Sequence[int]) -> str:
    """Return a number seen at three batch sizes as a formula in n."""
    if all(text.isdigit() for text in texts):
        first, second, third = map(int, texts)
        slope, rest = divmod(second - first, sizes[1] - sizes[0])
        start = first - slope * sizes[0]
        if not rest and start + slope * sizes[2] == third:
            product = "n" if slope == 1 else f"{slope} * n"
            return product if not start else f"{product} {'-+'[start > 0]} {abs(start)}"
    values = [float(text) for text in texts]
    is_single = all(value == float(np.float32(value)) for value in values)
    close, digits = (2e-7, 6) if is_single else (1e-12, 14)
    for power, form in _POWERS.items():
        factors = [value / size**power for value, size in zip(values, sizes)]
        if max(factors) - min(factors) < close * abs(factors[0]):
            factor = float(f"{factors[0]:.{digits}g}")
            text = str(int(factor)) if factor == int(factor) else repr(factor)
            text = form.format(k=text).removeprefix("1 * ")
            return f"Math.fround({text})" if is_single else text
    raise Unrecordable(f"numbers depend on the batch size in an unknown way, such as {values[0]:g}")


def _in_brackets(formula: str, before: str, after: str) -> str:
    stands_alone = (before in ("= ", "< ", ", ") or before[-1:] in "([") and after in ";,)]"
    return formula if formula == "n" or stands_alone else f"({formula})"


def batch_sizes(taken: set[int]) -> list[int]:
    """Return three prime numbers as batch sizes that no other axis of the graph has."""
    primes = [p for p in range(101, 400) if all(p % k for k in range(2, math.isqrt(p) + 1))]
    return [p for p in primes if p not in taken][:3]
