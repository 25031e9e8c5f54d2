"""The blocks of a run: steps that follow one another in one scope, such as ``block1/attention``.

A run of a large network has hundreds of steps.  A block can be taken as one step, or opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tinygraph.trace.steps import Step

SHORTEST = 40
"""The steps of one training step from which on blocks help; a shorter run is one list."""


@dataclass
class Block:
    """Steps of one phase in one scope.

    Attributes
    ----------
    name : str
        The full name of the scope.
    first, last : int
        The positions of its first and of its last step.
    blocks : list of Block
        The blocks inside it.
    """

    name: str
    first: int
    last: int
    blocks: list[Block] = field(default_factory=list)

    def plain(self) -> list[Any]:
        """Return the block as plain data for the page."""
        return [self.name, self.first, self.last, [block.plain() for block in self.blocks]]


def find_blocks(steps: Sequence[Step]) -> list[Block]:
    """Return the outermost blocks of a run, in order; none for a short run.

    >>> import tinygraph as tg
    >>> stepper = tg.step_through(tg.Graph(tg.Parameter(3.0, name="w") * 2.0))
    >>> find_blocks(stepper.steps)
    []
    """
    if sum(step["training_step"] == 1 for step in steps) < SHORTEST:
        return []
    return _inside(steps, 0, len(steps), 0)


def _inside(steps: Sequence[Step], start: int, end: int, depth: int) -> list[Block]:
    """Return the blocks among some steps, whose names agree in their first ``depth`` parts."""
    blocks = []
    first = start
    while first < end:
        key, after = _key(steps[first], depth), first + 1
        while key and after < end and _key(steps[after], depth) == key:
            after += 1
        if after - first > 1:
            inside = _inside(steps, first, after, depth + 1)
            blocks.append(Block("/".join(key[-1]), first, after - 1, inside))
        first = after
    return blocks


def _key(step: Step, depth: int) -> tuple[Any, ...]:
    """Return what the steps of one block share; empty if the name has no such scope."""
    scope = step["node"].split("/")[: depth + 1]
    if step["node"].count("/") <= depth:
        return ()
    return step["training_step"], step["phase"], scope


def end_of_next_block(blocks: Sequence[Block], place: int, count: int) -> int:
    """Return the last step of the block around ``place``, or of the next one if it is the end.

    >>> two = [Block("a", 0, 3), Block("b", 5, 8)]
    >>> [end_of_next_block(two, place, 10) for place in (0, 3, 4, 8, 9)]
    [3, 4, 8, 9, 9]
    """
    last = _around(blocks, place)[1]
    return last if last > place else _around(blocks, min(place + 1, count - 1))[1]


def end_of_previous_block(blocks: Sequence[Block], place: int) -> int:
    """Return the last step before the block around ``place``.

    >>> two = [Block("a", 0, 3), Block("b", 5, 8)]
    >>> [end_of_previous_block(two, place) for place in (0, 2, 4, 7)]
    [0, 0, 3, 4]
    """
    return max(_around(blocks, place)[0] - 1, 0)


def _around(blocks: Sequence[Block], place: int) -> tuple[int, int]:
    """Return the first and the last step of the block around a step, or the step itself."""
    found = next((block for block in blocks if block.first <= place <= block.last), None)
    return (place, place) if found is None else (found.first, found.last)
