"""The report: what it says follows from its CSV files, and the page is sound."""

from __future__ import annotations

import csv
import json
import re
import statistics
from html.parser import HTMLParser

import numpy as np
import pytest

from tinygraph.cli import main
from tinygraph.cli.lab2 import QUICK
from tinygraph.diagnosis.diagnose import diagnose
from tinygraph.lab2 import experiments
from tinygraph.lab2.experiments import EXPERIMENTS
from tinygraph.lab2.experiments.trials import points
from tinygraph.lab2.report import figures, writer
from tinygraph.lab2.report.pictures import gathered
from tinygraph.lab2.report.svg import inline_svg
from tinygraph.lab2.report.writer import write_report

VOID = {"meta", "br", "img", "hr", "link", "input", "wbr"}
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?")


class Page(HTMLParser):
    """The page as a list of (path of tags, attributes, text)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict]] = []
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[tuple[list[tuple[str, dict]], str]] = []
        self.feed(text)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((list(self.open), data.strip().replace("\xa0", " ")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    assert main(["lab2", "report", "--out", str(out), "--quick", "--jobs", "1"]) == 0
    return out


@pytest.fixture(scope="module")
def html(folder):
    return Page((folder / "index.html").read_text(encoding="utf-8"))


def table(folder, name):
    with (folder / "data" / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_page_needs_nothing_from_elsewhere(folder, html):
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[\w./]+", text)) <= {
        "http://www.w3.org/1999/xlink",
        "http://www.w3.org/2000/svg",
    }
    assert not {"script", "link", "iframe", "img"} & {tag for tag, _ in html.tags}
    for _, attributes in html.tags:
        target = attributes.get("href") or attributes.get("xlink:href") or "#"
        if target.startswith("data/"):
            assert (folder / target).is_file()
        else:
            assert target.startswith(("#", "data:image/png"))


def test_ids_are_unique_and_found(folder, html):
    ids = [attributes["id"] for _, attributes in html.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    text = (folder / "index.html").read_text(encoding="utf-8")
    wanted = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    assert wanted <= set(ids)


def test_every_experiment_has_its_parts(html):
    sections = {a["id"] for tag, a in html.tags if tag == "section"}
    assert {*EXPERIMENTS, "glance", "method"} <= sections
    described = [text for path, text in html.texts if path[-1][0] == "title"]
    for key, experiment in EXPERIMENTS.items():
        for data in ("linear", "XOR"):
            assert any(text.startswith(f"Learning curves of {key} on {data}") for text in described)
            for label in experiment.settings:
                assert f"Decision region of the median seed on {data}, {label}" in described


def test_the_summary_follows_from_the_runs(folder):
    runs = table(folder, "runs.csv")
    summary = table(folder, "summary.csv")
    assert len(runs) == len(summary) * QUICK["seeds"]
    for row in summary:
        own = [
            run
            for run in runs
            if all(run[key] == row[key] for key in ("experiment", "data", "setting"))
        ]
        reached = [int(run["reached"]) for run in own if run["reached"] != "-1"]
        losses = [float(run["final_loss"]) for run in own]
        losses = [np.inf if np.isnan(loss) else loss for loss in losses]
        assert int(row["reached"]) == len(reached)
        if reached:
            assert float(row["median_epoch"]) == statistics.median(reached)
        else:
            assert row["median_epoch"] == ""
        assert float(row["median_loss"]) == statistics.median(losses)
        assert float(row["best_loss"]) == min(losses)
        assert int(row["diverged"]) == sum(not np.isfinite(loss) for loss in losses)
        assert int(row["at_end"]) == sum(float(run["accuracy"]) == 1 for run in own)
        for column in ("accuracy", "climb"):
            name = column if column == "climb" else "median_accuracy"
            assert float(row[name]) == statistics.median(float(run[column]) for run in own)
        stuck = [int(run["output_stuck_after"]) for run in own]
        assert int(row["output_stuck_after"]) == sum(stuck)


def test_every_cell_of_a_table_follows_from_the_summary(folder, html):
    shown = [text for path, text in html.texts if _in_table(path, "numbers")]
    position = -1
    for row in table(folder, "summary.csv"):
        position = shown.index(row["setting"], position + 1)
        cells = [cell for cell in shown[position : position + 10] if cell != "*"]
        loss = float(row["median_loss"])
        assert cells[1:9] == [
            f"{row['reached']} of {row['seeds']}",
            f"{float(row['median_epoch']):,.0f}" if row["median_epoch"] else "–",
            f"{row['at_end']} of {row['seeds']}",
            f"{loss:.3g}" if np.isfinite(loss) else "∞",
            f"{100 * float(row['median_accuracy']):.1f} %",
            _percent(float(row["median_closeness"])),
            f"{float(row['climb']):.2f}" if np.isfinite(float(row["climb"])) else "∞",
            row["diverged"],
        ]


def test_every_number_in_a_sentence_stands_in_a_csv_file(folder, html):
    sentences = [text for path, text in html.texts if path[-1][0] == "dd" and _in_findings(path)]
    assert len(sentences) > 15
    known = {
        "100",
        "0.01",
        *_numbers_of(folder, "summary.csv"),
        *_numbers_of(folder, "timings.csv"),
    }
    for sentence in sentences:
        assert set(NUMBER.findall(sentence)) <= known, sentence


def test_every_number_on_why_runs_differ_stands_in_a_csv_file(folder, html):
    known = {"100", *_numbers_of(folder, "summary.csv"), *_numbers_of(folder, "runs.csv")}
    seeds = {str(k) for k in range(QUICK["seeds"] + 1)}
    sentences = [
        text
        for path, text in html.texts
        if path[-1][0] == "p" and any(a.get("id") == "spread" for _, a in path)
    ]
    assert len(sentences) > 1
    for sentence in sentences:
        assert set(NUMBER.findall(sentence)) <= known | seeds, sentence


def test_the_markdown_says_the_same(folder, html):
    text = (folder / "index.md").read_text(encoding="utf-8")
    for name in re.findall(r"\]\((figures/[^)]+)\)", text):
        assert (folder / name).stat().st_size > 1_000
    assert text.count("figures/") == 2 * len(EXPERIMENTS)
    sentences = [t for path, t in html.texts if path[-1][0] == "dd" and _in_findings(path)]
    for sentence in sentences:
        assert sentence in text
    for row in table(folder, "summary.csv"):
        assert f"| {row['reached']} of {row['seeds']} |" in text


def test_the_json_is_the_csv(folder):
    content = json.loads((folder / "data" / "results.json").read_text(encoding="utf-8"))
    rows = [row for experiment in content["experiments"] for row in experiment["rows"]]
    for row, line in zip(rows, table(folder, "summary.csv"), strict=True):
        assert row["setting"] == line["setting"]
        number = np.inf if row["median_loss"] is None else row["median_loss"]
        assert number == float(line["median_loss"])


def test_a_small_run_says_that_it_proves_nothing(folder, html, tmp_path, monkeypatch):
    warning = "This run is too small to prove anything."
    assert any(text == warning for _, text in html.texts)
    assert warning in (folder / "index.md").read_text(encoding="utf-8")
    monkeypatch.setattr(writer, "EPOCHS", 3)
    monkeypatch.setattr(writer, "SEEDS", 1)
    page = write_report(tmp_path, ["E6"], epochs=3, seeds=1)
    assert warning not in page.read_text(encoding="utf-8")


def test_the_columns_are_explained_before_the_first_table(html):
    explained = [text for path, text in html.texts if path[-1][0] == "dt" and _in_glance(path)]
    heads = [text for path, text in html.texts if path[-1][0] == "abbr"]
    assert explained == heads[1 : len(explained) + 1] != []


def test_an_infinite_loss_is_explained_where_it_stands(folder, html):
    infinite = {r["experiment"] for r in table(folder, "summary.csv") if r["median_loss"] == "inf"}
    explained = {
        next(a["id"] for tag, a in path if tag == "section")
        for path, text in html.texts
        if path[-1][0] == "p" and text.startswith("∞:")
    }
    assert explained == infinite != set()


def test_the_same_bytes_on_any_number_of_jobs(tmp_path):
    for jobs in (1, 2):
        write_report(tmp_path / str(jobs), ["E6", "E3"], epochs=40, seeds=2, jobs=jobs)
    for name in ("summary.csv", "runs.csv", "curves.csv", "results.json"):
        one, two = ((tmp_path / jobs / "data" / name).read_bytes() for jobs in "12")
        assert one == two


def test_only_what_was_asked_for(tmp_path, capsys):
    arguments = ["--only", "E3", "--epochs", "20", "--seeds", "2", "--jobs", "1"]
    assert main(["lab2", "report", "--out", str(tmp_path), *arguments]) == 0
    assert "index.html" in capsys.readouterr().out
    assert {row["experiment"] for row in table(tmp_path, "summary.csv")} == {"E3"}


@pytest.mark.parametrize("key", EXPERIMENTS)
def test_each_experiment_makes_a_report_of_its_own(tmp_path, key):
    page = write_report(tmp_path, [key], epochs=3, seeds=1)
    Page(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "E9"], "invalid choice"),
        (["--seeds", "0"], "at least 1"),
        (["--epochs", "0"], "at least 1"),
        (["--jobs", "0"], "at least 1"),
    ],
)
def test_a_wrong_argument_is_one_line(tmp_path, capsys, arguments, said):
    try:
        status = main(["lab2", "report", "--out", str(tmp_path), *arguments])
    except SystemExit as leave:
        status = leave.code
    assert status == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_figures_are_functions_of_the_data():
    result = experiments.run("E3", epochs=30, seeds=3)
    figure = figures.learning_curves(result)
    linear = figure.axes[0]
    assert [line.get_label() for line in linear.lines] == list(EXPERIMENTS["E3"].settings)
    curve = result.curves["linear", "none, sigmoid output"]
    np.testing.assert_array_equal(linear.lines[2].get_ydata(), curve.median)
    np.testing.assert_array_equal(linear.lines[2].get_xdata(), curve.epochs)
    assert [line.get_linestyle() for line in linear.lines] == ["-", "--", "-"]
    assert linear.get_ylim()[1] <= figures.HIGHEST_LOSS
    alone = [figures.learning_curves(result, [data]).axes[0] for data in ("linear", "xor")]
    for axes in alone:
        assert axes.get_ylim() == linear.get_ylim()
        axes.figure.draw_without_rendering()
    first, second = ([label.get_text() for label in axes.get_yticklabels()] for axes in alone)
    assert first == second
    regions = figures.decision_regions(result).axes
    assert [axes.get_ylabel() for axes in regions] == ["linear", "", "", "XOR", "", ""]


def test_an_inline_figure_has_the_ink_of_the_page():
    result = experiments.run("E6", epochs=5, seeds=1)
    svg = inline_svg(figures.learning_curves(result, ["xor"]), "pre", "a & b")
    assert figures.INK not in svg
    assert "currentColor" in svg
    assert "a &amp; b" in svg
    assert all(name.startswith("pre-") for name in re.findall(r'id="([^"]+)"', svg))
    assert svg == inline_svg(figures.learning_curves(result, ["xor"]), "pre", "a & b")


def _in_table(path, name):
    return any(a.get("class") == name for _, a in path) and path[-1][0] in ("td", "th")


def _in_glance(path):
    return any(a.get("id") == "glance" for _, a in path)


def _in_findings(path):
    return any(a.get("class") == "findings" for _, a in path)


def _percent(share):
    return f"{100 * share:.1f} %" if np.isfinite(share) else "–"


def _numbers_of(folder, name):
    """Return every number of a CSV file, in every way in which the report writes numbers."""
    found = set()
    for row in table(folder, name):
        for cell in row.values():
            found |= set(NUMBER.findall(cell))
            try:
                value = float(cell)
            except ValueError:
                continue
            for written in (
                f"{value:.3g}",
                f"{value:,.0f}",
                f"{value:.1f}",
                f"{value:.2f}",
                f"{value:.4f}",
                f"{100 * value:.1f}",
            ):
                found |= set(NUMBER.findall(written))
    return found


def test_a_diagnosis_on_the_page_is_that_of_the_network(folder, html):
    rows = table(folder, "diagnoses.csv")
    assert {row["moment"] for row in rows} == {"start", "end"}
    shown = " ".join(text for path, text in html.texts if _in_diagnosis(path))
    assert all(row["sentence"] in shown for row in rows)
    row = next(r for r in rows if r["experiment"] == "E5" and r["moment"] == "start")
    setting = EXPERIMENTS["E5"].settings[row["setting"]]
    x, t = points(row["data"])
    model = setting.model(int(row["seed"]))
    model.forward(x=x, t=t)
    model.backward()
    assert gathered(diagnose(model).sentences)[0] == row["sentence"]


def _in_diagnosis(path):
    return any(a.get("class") == "diagnosis" for _, a in path)
