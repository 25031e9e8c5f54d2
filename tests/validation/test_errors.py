"""The error catalogue in the docs: complete, and true to the letter."""

import doctest
import inspect
import pickle
import re
from pathlib import Path

import pytest

import tinygraph as tg
from tinygraph import errors

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "errors.rst"
PREAMBLE, *SECTIONS = re.split(
    r"^(?=\w+Error\n-+\n)", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE
)
CATALOGUE = {section.partition("\n")[0]: section for section in SECTIONS}
CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, errors.TinygraphError)
}


def test_the_catalogue_lists_every_error_and_no_other():
    assert set(CATALOGUE) == set(CLASSES) - {"TinygraphError"}


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_examples_of_an_error_raise_it_with_these_very_words(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TINYGRAPH_DOT", raising=False)
    test = doctest.DocTestParser().get_doctest(PREAMBLE + CATALOGUE[name], {}, name, str(PAGE), 0)
    assert f"tinygraph.errors.{name}: " in CATALOGUE[name]
    runner = doctest.DocTestRunner()
    runner.run(test)
    assert runner.failures == 0


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_error_is_also_the_builtin_that_the_catalogue_says(name):
    (builtin,) = re.findall(r"^Also an? ``(\w+)``", CATALOGUE[name], re.MULTILINE)
    kinds = [base.__name__ for base in CLASSES[name].__mro__]
    assert builtin in kinds
    assert kinds.index("TinygraphError") < kinds.index(builtin)


@pytest.mark.parametrize("name", CLASSES)
def test_a_message_is_printed_as_it_was_written(name):
    error = CLASSES[name]('Node "x" is odd.\nMend it.')
    assert str(error) == 'Node "x" is odd.\nMend it.'
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_an_error_without_words():
    assert str(tg.TinygraphError()) == ""
