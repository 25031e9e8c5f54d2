"""``tinygraph train reverse``: a transformer that reverses strings, its scores and its page."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.cli import main
from tinygraph.cli.train.reversal import ReversalTraining, reversal_model, train_reversal
from tinygraph.cli.train.reversal_page import EXAMPLES, examples


def test_a_transformer_learns_to_reverse_strings_of_eight_digits():
    trained = train_reversal(ReversalTraining(epochs=4, print_interval=0))
    right = trained.predictions[1] == trained.strings[1][:, ::-1]
    assert right.mean() > 0.99
    assert trained.scores()[1] == ("new", "600", "100.0 %", "100.0 %")
    weights = trained.attention()
    assert weights.shape == (2, 4, 8, 8)
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0)
    assert max(np.trace(head[:, ::-1]) for head in weights[0]) > 4


def test_a_short_training_writes_a_page_with_its_mistakes(tmp_path, capsys):
    call = ["train", "reverse", "--hidden", "8", "--epochs", "1", "--out", str(tmp_path)]
    assert main(call) == 0
    assert "digits right" in capsys.readouterr().out
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "The attention of each position" in page
    assert "those with the most mistakes first" in page
    assert {path.name for path in tmp_path.iterdir()} >= {"model.npz", "network.svg"}
    model = reversal_model(8)
    tg.load(tmp_path / "model.npz", model)
    trained = train_reversal(ReversalTraining(hidden=8, epochs=1, print_interval=0))
    np.testing.assert_array_equal(model["logits/W"].value, trained.model["logits/W"].value)
    wrong = [count for *_, count in examples(trained)]
    assert len(wrong) == EXAMPLES
    assert wrong == sorted(wrong, reverse=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hidden", "30"], "multiple of the 4 heads"),
        (["--validation", "0"], "above 0 and below 1"),
        (["--model", "conv"], "--model must not be given with reverse"),
        (["--target", "y"], "--target must not be given with reverse"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message, tmp_path, capsys):
    assert main(["train", "reverse", *options, "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
