"""Decision regions: what a network predicts over the plane, as a picture and over the epochs."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

from tinygraph.core.comparison import comparison_of
from tinygraph.core.graph import Graph, as_graph
from tinygraph.core.labels import NoClassesError
from tinygraph.data.pictures import (
    add_colour_bar,
    add_legend,
    axes_for,
    checked_points,
    class_values,
    points,
)
from tinygraph.errors import ArgumentError, ArgumentTypeError, ShapeError, StateError
from tinygraph.validation.arrays import Array, brief, is_number, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.paths import as_path, writing
from tinygraph.validation.shapes import show

PALE = ("#8fc1e3", "#efb08c", "#8fcdb8", "#d9c28f", "#c9aede")
"""The colours of classes as areas, paler than their points."""
REGIONS = LinearSegmentedColormap.from_list("regions", [PALE[0], "#f7f7f7", PALE[1]])
"""From class 0 to class 1."""
INK = "#111827"
LOGIT_RANGE = (-4.0, 4.0)
"""Logits beyond this are certain to 98 %, and have the full colour."""

SLOWEST, FASTEST = 0.01, 100
"""Frames a second. A GIF tells the time in hundredths of a second."""
FINEST = 2_000
"""Four million samples; a finer grid would be finer than any screen, and fill the memory."""


def decision_regions(
    model: Graph,
    x: Any,
    truth: Any,
    ax: Axes | None = None,
    title: str = "Decision regions",
    resolution: int = 200,
) -> Axes:
    """Draw the prediction of the model over the whole plane around the points.

    Two classes: the colour is the prediction, and the line is where its class changes.  More
    classes: the colour is the class.

    Parameters
    ----------
    model : Graph
        Its prediction needs one input (B, 2) and gives one number, or k numbers, per sample.
    x : array (n, 2)
    truth : array (n,), (n, 1) or (n, k)
    ax : matplotlib Axes, optional
    title : str
    resolution : int
        Grid points along each side.

    Raises
    ------
    ShapeError
        If the model is not of that kind.
    ArgumentTypeError, ArgumentError
        If it is not a Graph, ``ax`` not axes, or the resolution not such a number.

    >>> import tinygraph as tg
    >>> decision_regions(tg.lab2.model(rng=0), *tg.data.xor(), resolution=20).get_title()
    'Decision regions'
    """
    plane = Plane(model, x, truth, resolution)
    axes = axes_for(ax, (5.2, 4.4))
    points(x, truth, ax=axes, title=title)
    mesh = plane.draw(axes, *plane.outputs())
    if plane.is_binary:
        add_colour_bar(mesh, axes, "prediction")
    elif axes.get_legend() is None:  # points() needs none for two classes
        handles, names = axes.get_legend_handles_labels()
        add_legend(axes, handles, names, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return axes


class Plane:
    """A grid over the points, and a model's outputs on it.

    Attributes
    ----------
    is_binary : bool
        Whether one output decides between two classes.
    """

    def __init__(self, model: Any, x: Any, truth: Any, resolution: Any) -> None:
        if not is_whole_number(resolution) or not 2 <= resolution <= FINEST:
            raise ArgumentError(
                f"resolution must be a whole number of grid points a side, from 2 to {FINEST:,}; "
                f"got {brief(resolution)}."
            )
        self.model = as_graph(model, "decision_regions")
        inputs, shape = self.model.prediction_inputs, self.model.prediction.shape
        if len(inputs) != 1 or inputs[0].shape != (None, 2):
            raise ShapeError(
                "decision_regions draws a plane: the prediction needs one input of shape (B, 2); "
                "got "
                + (", ".join(f"{node.name} {show(node.shape)}" for node in inputs) or "none")
                + "."
            )
        if len(shape) != 2 or shape[0] is not None:
            raise ShapeError(
                f"decision_regions needs one number or k numbers per sample, a prediction (B, k); "
                f"{describe(self.model.prediction)} has the shape {show(shape)}."
            )
        self.x, labels = checked_points(x, truth)
        self.is_binary = shape[1] == 1
        values = class_values(labels)
        self._range = (0.0, 1.0) if values is None else (float(values[0]), float(values[-1]))
        self._decider, self._threshold = self._decision()
        self._resolution = int(resolution)
        self._feed = str(inputs[0].name)
        figure = Figure()
        points(self.x, labels, ax=figure.subplots())
        self._axis = [
            np.linspace(*limits, self._resolution)
            for limits in (figure.axes[0].get_xlim(), figure.axes[0].get_ylim())
        ]

    def _decision(self) -> tuple[Graph | None, float]:
        """Return the graph whose output decides, if it is not the prediction, and its threshold."""
        middle = sum(self._range) / 2
        try:
            compared = comparison_of(self.model)
        except NoClassesError:
            return None, middle
        threshold = 0.0 if compared.are_logits else middle
        if compared.scores is self.model.prediction or compared.scores.shape != (None, 1):
            if compared.are_logits:
                self._range = LOGIT_RANGE
            return None, threshold
        if {*Graph(compared.scores).prediction_inputs} != {*self.model.prediction_inputs}:
            return None, middle
        return Graph(compared.scores), threshold

    def outputs(self) -> tuple[Array, Array]:
        """Return the prediction at each grid point, and how far it is above the threshold."""
        grid = np.stack(np.meshgrid(*self._axis), axis=-1)
        samples = grid.reshape(-1, 2).astype(self.model.precision or np.float64)
        size = (self._resolution, self._resolution)
        y = np.asarray(self.model.predict(**{self._feed: samples}))
        if not self.is_binary:
            nan = np.isnan(y).any(axis=1)
            return np.where(nan, np.nan, y.argmax(axis=1)).reshape(size), np.zeros(size)
        scores = y if self._decider is None else self._decider.predict(**{self._feed: samples})
        return y.reshape(size), np.asarray(scores).reshape(size) - self._threshold

    def draw(self, axes: Axes, y: Array, margin: Array) -> Any:
        """Draw outputs, and the line where their class changes; return the coloured mesh."""
        columns, rows = self._axis
        settings: dict[str, Any] = {"rasterized": True, "zorder": 0}
        if not self.is_binary:
            k = int(self.model.prediction.shape[1] or 1)
            colours = ListedColormap([PALE[each % len(PALE)] for each in range(k)])
            settings.update(cmap=colours, vmin=-0.5, vmax=k - 0.5)
        else:
            settings.update(cmap=REGIONS, vmin=self._range[0], vmax=self._range[1])
            if (margin > 0).any() and (margin < 0).any():
                axes.contour(
                    columns, rows, margin, levels=[0.0], colors=INK, linewidths=1.4, zorder=2
                )
        return axes.pcolormesh(columns, rows, y, **settings)


def animate(
    model: Graph, x: Any, truth: Any, resolution: int = 80, title: str = "Epoch {epoch:,}"
) -> Animation:
    """Return a recorder of the decision regions over the epochs, to give to ``fit``.

    Parameters
    ----------
    model, x, truth : as for :func:`decision_regions`
    resolution : int
        Grid points along each side.
    title : str
        The title of a frame; ``{epoch}`` and ``{loss}`` are filled in.

    Examples
    --------
    >>> import tinygraph as tg
    >>> X, T = tg.data.xor()
    >>> model = tg.lab2.model(rng=0)
    >>> film = animate(model, X, T, resolution=20)
    >>> optimizer = tg.Adam(model.parameters, lr=0.1)
    >>> history = tg.fit(model, optimizer, x=X, t=T, epochs=60, print_interval=0,
    ...     callback=film, callback_interval=20)
    >>> film
    <Animation of 3 frames, to epoch 60>
    """
    return Animation(model, x, truth, resolution, title)


class Animation:
    """Decision regions at each call of a callback; ``save`` writes them as a GIF or a page."""

    def __init__(self, model: Graph, x: Any, truth: Any, resolution: int, title: str) -> None:
        self._plane = Plane(model, x, truth, resolution)
        self._truth = truth
        self._frames: list[tuple[str, Array, Array]] = []
        self._last = 0
        try:
            title.format(epoch=1, loss=0.5)
        except Exception as error:  # a wrong field, or not a text
            raise ArgumentTypeError(
                f"title must be a text in which {{epoch}} and {{loss}} are filled in; got "
                f"{brief(title)}."
            ) from error
        self._title = title

    def __call__(self, history: Any) -> None:
        """Record a frame, at the parameters of this epoch."""
        self._last = len(history)
        title = self._title.format(epoch=self._last, loss=float(history.loss[-1]))
        y, margin = self._plane.outputs()
        self._frames.append((title, y.astype(np.float32), margin.astype(np.float32)))

    def __repr__(self) -> str:
        return f"<Animation of {len(self._frames)} frames, to epoch {self._last:,}>"

    def save(self, path: Any, frames_per_second: float = 8) -> Path:
        """Write the frames as a ``.gif``, or as a page ``.html`` that can be stopped and stepped.

        Raises
        ------
        StateError
            If no frame was recorded.
        ArgumentError
            For another kind of file, or if ``frames_per_second`` is too small or too large.
        """
        if not (is_number(frames_per_second) and SLOWEST <= frames_per_second <= FASTEST):
            raise ArgumentError(
                f"frames_per_second must be a number from {SLOWEST} to {FASTEST}; "
                f"got {brief(frames_per_second)}."
            )
        file = Path(as_path(path))
        if file.suffix not in (".gif", ".html"):
            raise ArgumentError(
                f"An animation must be saved as .gif or .html; got {brief(str(file))}."
            )
        film = self._film()
        with writing(file):
            if file.suffix == ".gif":
                film.save(file, writer="pillow", fps=frames_per_second, dpi=100)
            else:
                page = film.to_jshtml(fps=frames_per_second, default_mode="loop")
                file.write_text(f'<!doctype html><meta charset="utf-8">{page}', encoding="utf-8")
        return file

    def _repr_html_(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            picture = self.save(Path(folder, "film.gif")).read_bytes()
        code = base64.b64encode(picture).decode("ascii")
        return f'<img alt="decision regions over the epochs" src="data:image/gif;base64,{code}">'

    def _film(self) -> Any:
        from matplotlib.animation import FuncAnimation  # slow to import
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        if not self._frames:
            raise StateError(
                "The animation has no frames yet. Give it to fit: tg.fit(…, callback=film)."
            )
        figure = Figure(figsize=(4.6, 4.6), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()

        def draw(frame: int) -> list[Any]:
            title, y, margin = self._frames[frame]
            axes.clear()
            points(self._plane.x, self._truth, ax=axes, title=title)
            return [self._plane.draw(axes, y, margin)]

        return FuncAnimation(figure, draw, frames=len(self._frames), init_func=list)
