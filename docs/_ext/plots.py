"""Save the plots of a tutorial twice: for a light page and for a dark one.

A script draws on white, with the colours of the book.  For the dark picture, each colour is
replaced: white by the page's dark background, black by a light grey, and a colour of the palette by
its lighter version, which the diagrams and the steppers use in dark mode, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.artist import Artist
from matplotlib.cm import ScalarMappable
from matplotlib.collections import Collection
from matplotlib.colors import (
    Colormap,
    LinearSegmentedColormap,
    ListedColormap,
    to_hex,
    to_rgb,
    to_rgba,
)
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

import tinygraph as tg

PAPER, INK = "#14181f", "#e5e7eb"
LIGHT = ("#7cc0f2", "#ffa66e", "#5fd3b0", "#e3b341", "#c99be8")
"""The lighter versions of the five colours of ``tg.plots.COLOURS``, for dark pages."""
DARK_MAPS = {
    "regions": LinearSegmentedColormap.from_list("regions", ["#1d4766", PAPER, "#5c3213"]),
    "Blues": LinearSegmentedColormap.from_list("Blues", [PAPER, "#1f4f73", "#4a90c4"]),
}
"""Dark versions of the colour maps that contain the background colour."""
MOST_CLASSES = 20
PIXELS = 200
"""The resolution of a plot, per inch; a page shows an inch as 100 CSS pixels."""


def use_palette(gallery: dict[str, Any], script: str | None) -> None:
    """Set matplotlib's colours to those of the book before a script runs."""
    mpl.rcParams["axes.prop_cycle"] = cycler(color=tg.plots.COLOURS)


def in_the_dark(colour: Any) -> Any:
    """Return the colour that replaces `colour` on a dark page.

    >>> in_the_dark("white"), in_the_dark("black"), in_the_dark(tg.plots.COLOURS[0])
    ('#14181f', '#e5e7eb', '#7cc0f2')
    """
    red, green, blue, opacity = to_rgba(colour)
    if opacity == 0:
        return colour
    for own, light in zip(tg.plots.COLOURS, LIGHT, strict=True):
        if to_hex(colour) == own:
            return (*to_rgba(light)[:3], opacity) if opacity < 1 else light
    if max(red, green, blue) - min(red, green, blue) > 0.25:
        return colour
    # A grey keeps its relative distance from the background.
    share = (red + green + blue) / 3
    mixed = [
        ink + share * (paper - ink) for ink, paper in zip(to_rgba(INK), to_rgba(PAPER), strict=True)
    ]
    return to_hex(mixed) if opacity == 1 else (*mixed[:3], opacity)


def darken(figure: Figure) -> None:
    """Replace all colours of a figure."""
    for artist in figure.findobj():
        _darken_artist(artist)
    for axes in figure.axes:
        axes.tick_params(which="both", color=INK, labelcolor=INK)


def _dark_map(colours: Colormap) -> Colormap:
    if isinstance(colours, ListedColormap) and colours.N <= MOST_CLASSES:
        # The pale colours of classes: add the hue of each to the dark background.
        hues = [np.array(to_rgb(colour)) - min(to_rgb(colour)) for colour in colours.colors]
        return ListedColormap([np.clip(hue + to_rgb(PAPER), 0, 1) for hue in hues])
    return DARK_MAPS.get(colours.name, colours)


def _darken_artist(artist: Artist) -> None:
    if isinstance(artist, ContourSet) and artist.colors is not None:
        artist.set_array(None)
        artist.set_edgecolor([in_the_dark(colour) for colour in artist.get_edgecolor()])
    elif isinstance(artist, ScalarMappable) and artist.get_array() is not None:
        artist.set_cmap(_dark_map(artist.get_cmap()))
    elif isinstance(artist, Collection):
        artist.set_edgecolor([in_the_dark(colour) for colour in artist.get_edgecolor()])
        artist.set_facecolor([in_the_dark(colour) for colour in artist.get_facecolor()])
    elif isinstance(artist, Patch):
        face = in_the_dark(artist.get_facecolor())
        artist.set_edgecolor(in_the_dark(artist.get_edgecolor()))
        artist.set_facecolor(face)
    elif isinstance(artist, Line2D):
        edge, face = artist.get_markeredgecolor(), artist.get_markerfacecolor()
        artist.set_color(in_the_dark(artist.get_color()))
        artist.set_markeredgecolor(in_the_dark(edge))
        artist.set_markerfacecolor(in_the_dark(face))
    elif isinstance(artist, Text):
        artist.set_color(in_the_dark(artist.get_color()))
        if arrow := getattr(artist, "arrow_patch", None):
            _darken_artist(arrow)


def description(figure: Figure) -> str:
    """Describe a plot for readers who cannot see it: its titles, axes and legend."""
    parts: list[str] = []
    for axes in figure.axes:
        over = f"{axes.get_ylabel()} over {axes.get_xlabel()}"
        known = over if axes.get_ylabel() and axes.get_xlabel() else ""
        labels = axes.get_legend_handles_labels()[1]
        parts += [part for part in (axes.get_title(), known, *labels) if part not in ("", *parts)]
    return "Plot: " + ", ".join(parts or ["curves"])


def scrape(block: Any, variables: dict[str, Any], gallery: dict[str, Any]) -> str:
    """Save the open figures, and return the reStructuredText that shows them."""
    paths = variables["image_path_iterator"]
    numbers = plt.get_fignums()
    shown = [
        line
        for number, path in zip(numbers, paths, strict=False)
        for line in _saved(plt.figure(number), Path(path), Path(gallery["src_dir"]))
    ]
    plt.close("all")
    return "\n".join(shown)


def _saved(figure: Figure, path: Path, source: Path) -> Iterator[str]:
    """Save a figure for light and dark pages; yield the reStructuredText that shows it."""
    width = round(figure.get_figwidth() * 100)
    text = description(figure)
    for theme in ("light", "dark"):
        target = path if theme == "light" else path.with_stem(f"{path.stem}_dark")
        if theme == "dark":
            darken(figure)
        figure.savefig(target, dpi=PIXELS)
        yield (
            f"\n.. image:: /{target.relative_to(source).as_posix()}\n    :alt: {text}\n"
            f"    :width: {width}px\n    :class: plot only-{theme}\n"
        )
