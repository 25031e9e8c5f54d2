"""Tables from CSV files: headers, delimiters, targets, and errors that name line and column."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.data.table import read_table

FLOWERS = "length,width,species\n1.5,2,setosa\n-3e-1,4,virginica\n0,5,setosa\n"


@pytest.fixture
def write(tmp_path):
    def written(text, encoding="utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return written


def test_a_header_names_the_columns_and_text_names_the_classes(write):
    table = read_table(write(FLOWERS), "species")
    assert table.features == ("length", "width")
    assert table.classes == ("setosa", "virginica")
    np.testing.assert_array_equal(table.x, [[1.5, 2], [-0.3, 4], [0, 5]])
    np.testing.assert_array_equal(table.y, [0, 1, 0])


@pytest.mark.parametrize(
    "text",
    [
        FLOWERS.replace(",", ";"),
        FLOWERS.replace(",", "\t"),
        FLOWERS.replace(",", ", "),
        FLOWERS.replace("\n", "\r\n"),
        FLOWERS.replace("\n", "\n\n"),
        FLOWERS.replace("setosa", '"setosa"'),
        "\ufeff" + FLOWERS,
        "sep=;\r\n" + FLOWERS.replace(",", ";"),
        FLOWERS.replace("-3", "\N{MINUS SIGN}3"),
        FLOWERS.replace("\n", ",\n"),
        FLOWERS.replace("\n", "\r"),
        FLOWERS.rstrip(),
    ],
)
def test_the_usual_dialects_give_the_same_table(write, text):
    table, expected = read_table(write(text), "species"), read_table(write(FLOWERS), "species")
    np.testing.assert_array_equal(table.x, expected.x)
    assert table.classes == expected.classes


def test_without_a_header_columns_have_numbers(write):
    table = read_table(write(FLOWERS.partition("\n")[2]), "3")
    assert table.features == ("column 1", "column 2")
    assert len(table.y) == 3
    assert read_table(write(FLOWERS), "3").target == "species"


def test_a_first_line_with_the_name_of_the_target_is_a_header(write):
    table = read_table(write("2019,2020,up\n1,2,no\n2,3,yes\n"), "up")
    assert table.features == ("2019", "2020")


def test_a_column_without_a_name_gets_its_number(write):
    """pandas writes the index of a frame into such a column."""
    table = read_table(write(",a,b\n0,1,x\n1,2,y\n"), "b")
    assert table.features == ("column 1", "a")


def test_features_can_be_chosen_in_any_order(write):
    table = read_table(write(FLOWERS), "species", ["width", "1"])
    assert table.features == ("width", "length")
    np.testing.assert_array_equal(table.x[0], [2, 1.5])


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (["0", "1", "1"], "auto", ("0", "1")),
        (["10", "9", "2"], "auto", ("2", "9", "10")),
        (["0.5", "1", "2"], "auto", ()),
        ([str(k) for k in range(11)], "auto", ()),
        ([str(k) for k in range(11)], "classification", tuple(str(k) for k in range(11))),
        (["0", "1", "1"], "regression", ()),
    ],
)
def test_a_target_is_classes_or_a_quantity(write, values, task, classes):
    text = "a,b\n" + "".join(f"1,{value}\n" for value in values)
    table = read_table(write(text), "b", task=task)
    assert table.classes == classes
    if not classes:
        np.testing.assert_array_equal(table.y, [float(value) for value in values])


@pytest.mark.parametrize(
    ("text", "target", "said"),
    [
        ("", "a", "is empty"),
        ("a,b\n", "b", "only the header in line 1"),
        ("a,b\n1,x\n2,y,z\n", "b", "line 3: each row must have 2 cells, as line 1 has; got 3"),
        ("a,b\n1,x\n\n,y\n", "b", "line 4, column 'a': the cell is empty"),
        ("a,b\n1,x\n1.2.3,y\n", "b", "line 3, column 'a': '1.2.3' is not a number"),
        ("a;b\n1;x\n1,5;y\n", "b", "Write decimals with a point"),
        ("a,b\n1,x\nnan,y\n", "b", "line 3, column 'a': 'nan' is not a value"),
        ("a,b\n1,x\n1_0,y\n", "b", "'1_0' is not a number"),
        ("a,b\n1,2.5\n2,3.5\n3,many\n", "b", "line 4, column 'b': 'many' is not a number"),
        ("a,b\n1,x\n2,\n", "b", "line 3, column 'b': the class is empty"),
        ("a,b\n1,x\n2,x\n", "b", "two classes or more"),
        ("a,a\n1,x\n2,x\n", "a", "two columns are called 'a'"),
        ("a,b\n1,x\n2,y\n", "bb", "has no column 'bb'"),
        ("a,b\n1,x\n2,y\n", "3", "has no column '3'"),
        ("a\n1\n2\n", "a", "The features must be different columns"),
        ('a,b\n1,x\n2,"y\n3,z\n', "b", "line 3: the quotes of a cell are not closed"),
        ('a,b\n1,"x\ny"\n2,z\n,z\n', "b", "line 5, column 'a': the cell is empty"),
        ("sep=;\na;b\n1;x\n;y\n", "b", "line 4, column 'a': the cell is empty"),
        ('a,b\n1,x\n"1,234",y\n', "b", "thousands without a separator"),
        ("a,b\n1,x\nN/A,y\n", "b", "line 3, column 'a': 'N/A' is not a value"),
        ("a,b\n1,x\ninf,y\n", "b", "line 3, column 'a': 'inf' is not a value"),
        ("a,b\n1,x\n-1e300,y\n", "b", "line 3, column 'a': a number must lie between"),
        ("a,b\n" + "".join(f"{k},n{k}\n" for k in range(30)), "b", "must have several rows"),
    ],
)
def test_an_error_names_the_place(write, text, target, said):
    path = write(text)
    with pytest.raises(tg.TinygraphError) as error:
        read_table(path, target)
    assert said in str(error.value)


def test_other_encodings_and_missing_files_are_named(write, tmp_path):
    assert read_table(write(FLOWERS, "utf-16"), "species").features == ("length", "width")
    with pytest.raises(tg.errors.FileError, match="other bytes in line 2"):
        read_table(write("a,b\n1,é\n", "latin-1"), "b")
    with pytest.raises(tg.errors.FileError, match="Cannot read"):
        read_table(tmp_path / "none.csv", "b")


def test_the_target_is_not_a_feature(write):
    with pytest.raises(tg.errors.ArgumentError, match="without the target 'species'"):
        read_table(write(FLOWERS), "species", ["species"])
