"""Parameters from a JSON file, as a playground downloads it."""

import json

import numpy as np
import pytest

import tinygraph as tg


@pytest.fixture
def model():
    W = tg.Parameter(np.zeros((2, 3)), name="layer/W")
    b = tg.Parameter(np.zeros(3, dtype=np.float64), name="layer/b")
    return tg.Graph(tg.Sum(tg.Input("x", shape=(None, 2)) @ W + b))


RIGHT = {"layer/W": [1, 2, 3, 4, 5, 6.5], "layer/b": [0, -1, 1e-3]}


def test_the_numbers_are_loaded_in_c_order(model, tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps(RIGHT), encoding="utf-8")
    tg.load_parameters(path, model)
    assert model["layer/W"].value.tolist() == [[1, 2, 3], [4, 5, 6.5]]
    assert model["layer/b"].value.tolist() == [0, -1, 1e-3]
    tg.load_parameters(str(path), model)


def test_the_precision_of_the_model_stays(tmp_path):
    w = tg.Parameter(np.zeros(2, dtype=np.float32), name="w")
    (tmp_path / "p.json").write_text('{"w": [0.1, 2]}', encoding="utf-8")
    tg.load_parameters(tmp_path / "p.json", tg.Graph(tg.Sum(w)))
    assert w.value.dtype == np.float32
    assert w.value.tolist() == [np.float32(0.1), 2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[1, 2]", "must be an object"),
        ("\x00\xff", "it is not JSON"),
        (json.dumps({"layer/W": RIGHT["layer/W"]}), 'no numbers for Parameter "layer/b"'),
        (json.dumps({**RIGHT, "layer/c": [1]}), "numbers for 'layer/c', but the model"),
        (json.dumps({**RIGHT, "layer/b": [1, 2]}), r"shape \(3,\), but the file has 2 numbers"),
        (json.dumps({**RIGHT, "layer/b": "abc"}), 'for Parameter "layer/b" must be a list'),
        (json.dumps({**RIGHT, "layer/b": [1, 2, [3]]}), "must be a list"),
        (json.dumps({**RIGHT, "layer/b": None}), "has 1 numbers|finite"),
        (json.dumps({**RIGHT, "layer/b": [1, 2, float("nan")]}), "are finite"),
        (json.dumps({**RIGHT, "layer/b": [1, 2, 10**400]}), "must be a list"),
    ],
)
def test_a_file_that_does_not_fit_is_explained_and_changes_nothing(model, tmp_path, text, reason):
    path = tmp_path / "p.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(tg.TinygraphError, match=reason) as caught:
        tg.load_parameters(path, model)
    assert str(path) in str(caught.value)
    assert not model["layer/W"].value.any()


def test_a_missing_file_a_folder_and_a_wrong_model(model, tmp_path):
    with pytest.raises(tg.TinygraphError, match=r"Cannot read .*none\.json"):
        tg.load_parameters(tmp_path / "none.json", model)
    with pytest.raises(tg.TinygraphError, match="Cannot read"):
        tg.load_parameters(tmp_path, model)
    with pytest.raises(tg.TinygraphError, match="needs a Graph"):
        tg.load_parameters(tmp_path / "none.json", model.output)
