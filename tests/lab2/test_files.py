"""The files that a Lab 2 run writes."""

import xml.etree.ElementTree as ET

import numpy as np

from tinygraph.lab2.files import save_files
from tinygraph.lab2.run import Settings, problem, train

TITLE = "{http://www.w3.org/2000/svg}title"


def test_structure_and_gradient_flow_before_and_after_the_training(tmp_path):
    outcome = train(Settings(epochs=50, print_interval=0, lr=0.5))
    paths = [path for path in save_files(outcome, tmp_path) if path.suffix == ".svg"]
    assert [path.name for path in paths] == [
        "xor-structure.svg",
        "xor-gradient-flow-start.svg",
        "xor-gradient-flow-end.svg",
    ]
    losses = [
        next(
            title.text
            for title in ET.fromstring(path.read_text(encoding="utf-8")).iter(TITLE)
            if title.text.startswith("loss\n")
        )
        for path in paths
    ]
    start, _, _, _ = problem(outcome.settings)
    first = start.forward(x=outcome.x, t=outcome.t)
    last = float(np.mean((outcome.y - outcome.t) ** 2))
    assert "value" not in losses[0]
    assert f"value: {first:.6g}" in losses[1]
    assert f"value: {last:.6g}" in losses[2]
    assert last < first
