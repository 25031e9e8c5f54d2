"""Graphviz in each of its places, and in none."""

import os
import shutil
import stat
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.viz.diagram import layout

SYSTEM_DOT = shutil.which("dot")
MAY_LACK_DOT = not SYSTEM_DOT and not os.environ.get("TINYGRAPH_NEED_DOT")
ENGINES = [
    "bundled",
    pytest.param("system", marks=pytest.mark.skipif(MAY_LACK_DOT, reason="no dot on the PATH")),
]


@pytest.fixture
def no_engine(monkeypatch):
    monkeypatch.delenv("TINYGRAPH_DOT", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(layout, "_has_bundled", lambda: False)


@pytest.fixture
def diagram():
    x = tg.Input("x", shape=(None, 2))
    model = tg.Graph(tg.Sum(tg.MatMul(x, tg.Parameter(np.eye(2), name="f/W"), name="f/z")))
    model.forward(x=np.ones((3, 2)))
    model.backward()
    return tg.render(model, gradients=True)


@pytest.fixture
def fake_dot(tmp_path, monkeypatch):
    def make(body):
        program = tmp_path / "fake-dot"
        program.write_text(f"#!{sys.executable}\nimport sys\nsys.stdin.read()\n{body}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("TINYGRAPH_DOT", str(program))

    return make


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_gives_elements_that_can_be_found(engine, diagram, monkeypatch):
    if engine == "system":
        monkeypatch.setenv("TINYGRAPH_DOT", SYSTEM_DOT)
    root = ET.fromstring(diagram.svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(identity.startswith(diagram.prefix) for identity in ids)
    assert not [e for e in root.iter() if e.tag.endswith("}a") or "href" in "".join(e.attrib)]
    found = {tuple(e.get(f"data-{k}") for k in ("node", "from", "to")) for e in root.iter()}
    assert {("0", None, None), ("3", None, None), (None, "0", "2"), (None, "1", "2")} <= found
    for kind in ("tg-value", "tg-grad", "tg-forward", "tg-backward"):
        assert [e for e in root.iter() if kind in e.get("class", "").split()]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_each_engine_writes_each_format_without_a_warning(engine, ending, diagram, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        if engine == "system":
            patch.setenv("TINYGRAPH_DOT", SYSTEM_DOT)
        assert diagram.save(tmp_path / f"a.{ending}").stat().st_size > 1000


def test_text_stands_in_the_middle_of_its_card(diagram):
    root = ET.fromstring(diagram.svg)
    for card in (e for e in root.iter() if "node" in e.get("class", "").split()):
        corners = [
            float(corner.split(",")[0])
            for polygon in card.iter("{http://www.w3.org/2000/svg}polygon")
            for corner in polygon.get("points").split()
        ]
        for text in card.iter("{http://www.w3.org/2000/svg}text"):
            assert text.get("text-anchor") == "middle"
            assert float(text.get("x")) == pytest.approx((min(corners) + max(corners)) / 2, abs=0.1)


def test_a_wrong_tinygraph_dot_is_named(diagram, monkeypatch, tmp_path):
    monkeypatch.setenv("TINYGRAPH_DOT", "/no/such/dot")
    with pytest.raises(tg.TinygraphError, match=r"TINYGRAPH_DOT.*/no/such/dot"):
        _ = diagram.svg


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
def test_remarks_become_warnings_but_for_those_on_fonts(fake_dot, diagram, tmp_path):
    fake_dot("sys.stderr.write('Fontconfig warning: a\\nWarning: b\\n'); print('picture')")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        diagram.save(tmp_path / "a.png")
    assert [str(warning.message) for warning in caught] == ["Graphviz: Warning: b"]


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
def test_an_engine_that_fails_is_reported(fake_dot, diagram, tmp_path):
    fake_dot("sys.exit(3)")
    with pytest.warns(UserWarning, match="exit status 3"):
        assert diagram.save(tmp_path / "a.png").suffix == ".dot"


def test_what_c_code_writes_to_standard_error_is_collected(capfd):
    remarks = []
    with layout._descriptor_2_into(remarks):
        os.write(2, b"from C\n")
    assert remarks == ["from C\n"]
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


FONTLESS = """
import os, sys
import tinygraph as tg
from tinygraph.viz.diagram import layout
if {own}:
    layout.SYSTEM_FONTS = "/no/such/fonts.conf"
else:
    os.environ["FONTCONFIG_FILE"] = sys.argv[1]
pictures = [tg.render(tg.Input(name, shape=(2,))) for name in ("ab", "cd")]
print(*(picture._bytes("png") == pictures[0]._bytes("png") for picture in pictures))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there Graphviz asks")
@pytest.mark.parametrize(("own", "looks_the_same"), [(True, "False"), (False, "True")])
def test_a_machine_without_fonts_gets_letters_not_boxes(own, looks_the_same, tmp_path):
    empty = tmp_path / "fonts.conf"
    empty.write_text("<fontconfig></fontconfig>")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FONTCONFIG", "XDG"))}
    done = subprocess.run(
        [sys.executable, "-c", FONTLESS.format(own=own), str(empty)],
        capture_output=True,
        text=True,
        check=True,
        env={**environment, "HOME": str(tmp_path)},
    )
    assert done.stdout.split() == ["True", looks_the_same]
    assert "Fontconfig" not in done.stderr
