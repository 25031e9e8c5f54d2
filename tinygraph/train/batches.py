"""Mini-batches: the data of an epoch, shuffled and cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.randomness import as_generator


class Batches:
    """The training data, whole or cut into mini-batches.

    Every engine takes its batches from here, so that they are equal in all engines.  The order of
    an epoch follows from the seed and from the steps taken before it.  A run in several parts
    therefore sees the same batches as a run in one part.

    Parameters
    ----------
    model : Graph
    feeds : mapping
    batch_size : int or None
        ``None`` for the full batch.
    rng : Generator, int or None
        A Generator, which is used directly, or an integer as a seed.
    optimizer : Optimizer
        Its step count says how far a continued run has come.
    """

    def __init__(
        self,
        model: Graph,
        feeds: Mapping[str, Any],
        batch_size: int | None,
        rng: np.random.Generator | int | None,
        optimizer: Optimizer,
    ) -> None:
        self.feeds = {
            str(node.name): array
            for node, array in model.feed_arrays(feeds).items()
            if node in model.inputs
        }
        self._rng = as_generator(rng)
        self._seed = None if isinstance(rng, np.random.Generator) else int(rng or 0)
        self._optimizer = optimizer
        self.batched = [node for node in model.inputs if None in node.shape[:1]]
        self._batched = [str(node.name) for node in self.batched]
        sizes = {len(self.feeds[name]) for name in self._batched}
        self.samples = max(sizes, default=1)
        self.size = self.samples if batch_size is None else min(batch_size, self.samples)

    @property
    def count(self) -> int:
        """The number of batches in an epoch."""
        return max(1, -(-self.samples // self.size)) if self.size else 1

    def of_epoch(self, epoch: int) -> Iterator[tuple[float, dict[str, Any]]]:
        """Yield each batch of one epoch, with its fraction of the data.

        Parameters
        ----------
        epoch : int
            The number of epochs before this one.
        """
        if self.count == 1:
            yield 1.0, self.feeds
            return
        order = self.order(epoch)
        for start in range(0, self.samples, self.size):
            rows = order[start : start + self.size]
            yield len(rows) / self.samples, self.at(rows)

    def at(self, rows: Any) -> dict[str, Any]:
        """Return the feeds of the samples with these numbers."""
        return {**self.feeds, **{name: self.feeds[name][rows] for name in self._batched}}

    def order(self, epoch: int) -> Any:
        """Return the numbers of all samples, in the order of this epoch."""
        if self._seed is None:
            return self._rng.permutation(self.samples)
        # The optimizer counts through several calls of fit; a History does with a new optimizer.
        position = max(self._optimizer.steps, epoch * self.count)
        return np.random.default_rng((self._seed, position)).permutation(self.samples)
