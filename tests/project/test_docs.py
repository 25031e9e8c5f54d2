"""The book: every public name is in it with an example, and its own examples hold."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import tinygraph as tg

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "index.rst", *sorted((DOCS / "reference").rglob("*.rst"))]
DERIVATIONS = sorted((DOCS / "worked").glob("[0-9]*.py"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_the_examples_in_a_page_hold(path):
    assert doctest.testfile(str(path), module_relative=False).failed == 0


@pytest.mark.parametrize("name", tg.__all__)
def test_every_public_name_is_in_the_reference(name):
    pages = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    assert re.search(rf"^\.\. auto\w+:: tinygraph\.(\w+\.)?{name}$", pages, re.MULTILINE)


@pytest.mark.parametrize("name", tg.__all__)
def test_every_public_name_has_an_example(name):
    thing = getattr(tg, name)
    things = [thing, *vars(thing).values()] if inspect.ismodule(thing) else [thing]
    assert any(">>>" in (inspect.getdoc(each) or "") for each in things)


@pytest.mark.parametrize("path", DERIVATIONS, ids=lambda path: path.stem)
def test_every_derivation_has_the_same_parts(path):
    text = path.read_text(encoding="utf-8")
    parts = [
        "**Statement.**",
        "# Derivation\n",
        "# Index form and matrix form\n",
        "# **Shape check.**",
        "# The numbers\n",
        "# The code",
        "# A picture\n",
        "# Common mistakes\n",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)
    assert "literalinclude" in text
    assert re.search(r"^\s*assert ", text, re.MULTILINE), "no number is checked"


def test_a_renamed_script_leaves_no_page(monkeypatch, tmp_path):
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(DOCS / "_ext")
    scripts, pages = tmp_path / "scripts", tmp_path / "pages"
    for path in ("scripts/01_new.py", "pages/01_new.rst", "pages/01_old.rst", "pages/01_old.py.md5",
                 "pages/index.rst", "pages/images/01_old.png"):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    importlib.import_module("stale").drop_pages_without_script(scripts, pages)
    assert {path.name for path in pages.iterdir()} == {"01_new.rst", "index.rst", "images"}


def test_diagrams_of_the_book_follow_its_own_switch(monkeypatch):
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(DOCS / "_ext")
    diagram = tg.render(tg.lab2.model(rng=0))
    figure = importlib.import_module("pictures").figure(diagram)
    rules = re.findall(r"([^{},]*)#" + diagram.prefix + r" \S*polygon\[fill=", figure)
    assert {rule.strip() for rule in rules} == {
        'body[data-theme="dark"]',
        'body:not([data-theme="light"])',
    }


@pytest.mark.parametrize("name", ["frames", "notebooks", "plots"])
def test_examples_of_an_extension_hold(monkeypatch, name):
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(DOCS / "_ext")
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_a_plot_for_dark_pages_has_dark_paper_and_light_ink(monkeypatch):
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(DOCS / "_ext")
    figure, (left, right) = plt.subplots(1, 2)
    left.annotate("here", (0.2, 0.2), (0.5, 0.5), arrowprops={"arrowstyle": "-"})
    left.contour(np.eye(3), colors="black")
    tg.plots.decision_regions(tg.lab2.model(rng=0), *tg.data.xor(), ax=right, title="regions")
    figure.canvas.draw()
    importlib.import_module("plots").darken(figure)
    figure.canvas.draw()
    brightness = np.asarray(figure.canvas.buffer_rgba())[..., :3].mean(axis=-1)
    assert np.quantile(brightness, 0.9) < 60
    assert brightness.min() >= 20, "ink for white paper is left"


def test_style_and_script_of_katex_are_of_one_version():
    katex = pytest.importorskip("sphinxcontrib.katex")
    style = (DOCS / "_static" / "katex" / "katex.min.css").read_text(encoding="utf-8")
    (version,) = re.findall(r'katex-version:after\{content:"([\d.]+)"\}', style)
    assert version == katex.katex_version
    for font in re.findall(r"url\((fonts/[^)]+)\)", style):
        assert (DOCS / "_static" / "katex" / font).is_file()
