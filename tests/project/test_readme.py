"""The README's pictures are what the project draws today."""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SVG_TEXT = "{http://www.w3.org/2000/svg}text"


def picture_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("p", ROOT / "docs" / "readme_pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def texts(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter(SVG_TEXT)]


@pytest.mark.parametrize("name", ["lab2-structure.svg", "lab2-gradient-flow.svg"])
def test_a_picture_of_the_readme_is_up_to_date(name):
    module = picture_module()
    kept = (module.FOLDER / name).read_text(encoding="utf-8")
    assert texts(kept) == texts(module.diagrams()[name].svg), "run: make pictures"
    assert name in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_picture_of_the_readme_is_kept():
    module = picture_module()
    assert {path.name for path in module.FOLDER.iterdir()} == set(module.diagrams())
