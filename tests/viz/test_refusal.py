"""The picture that comes with a shape error."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import ShapeError
from tinygraph.viz.diagram import style


def refused(build):
    with pytest.raises(ShapeError) as caught:
        build()
    return caught.value


def test_the_op_that_refused_its_inputs_is_red():
    x = tg.Input("x", shape=(None, 2))
    W = tg.Parameter(np.ones((3, 4)), name="layer1/W")
    diagram = refused(lambda: tg.MatMul(tg.Tanh(x, name="h"), W, name="layer1/z")).diagram
    svg = ET.fromstring(diagram.svg)
    cards = [g for g in svg.iter() if "node" in g.get("class", "").split()]
    is_red = {
        next(e.text for e in card.iter() if e.tag.endswith("title")).split("\n")[0]: any(
            e.get("fill") == style.WRONG.line for e in card.iter() if e.tag.endswith("polygon")
        )
        for card in cards
    }
    assert is_red == {"x": False, "h": False, "layer1/W": False, "layer1/z": True}
    assert "layer1/W should have 2 rows" in " ".join(svg.itertext())


def test_the_picture_names_nobody():
    x = tg.Tanh(tg.Input("x", shape=(None, 2)))
    assert refused(lambda: x @ np.ones((3, 3))).diagram.svg
    assert x.name is None


def test_nodes_that_share_a_name_are_all_drawn():
    a, b = (tg.Input("x", shape=(None, n)) for n in (2, 3))
    assert repr(refused(lambda: a + b).diagram) == "<Diagram of 3 nodes>"


def test_of_a_long_chain_the_end_is_drawn():
    h = tg.Input("x", shape=(None, 2))
    for _ in range(5_000):
        h = tg.Tanh(h)
    diagram = refused(lambda: h @ np.ones((3, 3))).diagram
    assert len(diagram.dot) < 50_000
    assert "of 5,003 nodes" in diagram.svg


def test_an_op_without_a_shape_can_be_printed():
    a, b = (tg.Input(name, shape=(size,)) for name, size in (("a", 2), ("b", 3)))
    assert repr(refused(lambda: a + b).node) == "<Add (unnamed) (refused)>"


def test_an_error_that_knows_no_node_has_no_picture():
    assert ShapeError("anything").diagram is None


NOTEBOOK = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
shell = InteractiveShell.instance(history_length=0)
shell.kernel = {kernel}
with capture_output() as captured:
    shell.run_cell("import tinygraph as tg; tg.Input('x', shape=(2,)) + tg.Input('y', shape=(3,))")
print([sorted(output.data) for output in captured.outputs])
print("ShapeError" in captured.stdout, "broadcasting needs sizes" in captured.stdout)
"""


@pytest.mark.parametrize("is_notebook", [True, False])
def test_a_notebook_shows_the_picture_once_above_the_traceback(is_notebook, tmp_path):
    script = NOTEBOOK.format(kernel="object()")
    if not is_notebook:
        script = script.replace("shell.kernel = object()", "")
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
    )
    pictures = "[['image/png', 'text/html', 'text/plain']]" if is_notebook else "[]"
    assert done.stdout.splitlines()[-2:] == [pictures, "True True"]


def test_what_nobody_has_named_yet_is_dots_in_a_formula():
    x = tg.Input("x", shape=(None, 2))
    with pytest.raises(tg.ShapeError) as caught:
        tg.AddBias(tg.Tanh(tg.Tanh(x)), tg.Parameter(np.ones(3), name="b"))
    svg = caught.value.diagram.svg
    assert "tanh(x)" in svg
    assert "tanh(…)" in svg
    assert "… + b" in svg
    assert "None" not in svg
