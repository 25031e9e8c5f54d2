"""The networks that the report shows in detail: the choice, the diagrams, the diagnoses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.diagnosis.diagnose import diagnose
from tinygraph.lab2.experiments.catalogue import Result
from tinygraph.lab2.experiments.trials import Outcome, points, run_once
from tinygraph.lab2.report.formatting import listed
from tinygraph.lab2.report.seeds import Case
from tinygraph.lab2.report.tables import DiagnosisRow
from tinygraph.viz.diagram.diagram import render

MOMENTS = ("start", "end")
PICTURED = {"E1": ("xor", "η = 100"), "E3": ("xor", "none, η = 0.01"), "E5": ("xor", "ReLU")}
"""The data set and setting whose median seed is drawn as a graph, for each experiment."""


class Subject(NamedTuple):
    """One seed of one trial of one experiment."""

    experiment: str
    data: str
    setting: str
    seed: int


def subject_of(result: Result) -> Subject | None:
    """Return the network that the report shows for an experiment, or None."""
    if result.experiment.key not in PICTURED:
        return None
    data, label = PICTURED[result.experiment.key]
    seed = result.outcomes[data, label].median_seed
    return Subject(result.experiment.key, data, label, seed)


def subjects_of(case: Case) -> tuple[Subject, Subject]:
    """Return the good and the bad seed of a case."""
    where = (case.experiment, case.data, case.setting)
    return Subject(*where, case.good), Subject(*where, case.bad)


def network(outcome: Outcome, seed: int, moment: str) -> Graph:
    """Return a network at the start or the end of its training, after a forward and a backward."""
    model = outcome.model(seed) if moment == "end" else outcome.trial.setting.model(seed)
    run_once(model, *points(outcome.trial.data))
    return model


def diagnosis_rows(outcome: Outcome, subject: Subject) -> Iterator[DiagnosisRow]:
    """Yield the diagnosis of a network at the start and at the end of its training."""
    for moment in MOMENTS:
        with np.errstate(all="ignore"):
            sentences = diagnose(network(outcome, subject.seed, moment)).sentences
        for sentence in gathered(sentences):
            yield DiagnosisRow(*subject, moment, sentence)


def gathered(sentences: Iterable[str]) -> list[str]:
    """Combine sentences that say the same about several nodes.

    >>> gathered(["W: it is 0.", "h: it is 1.", "b: it is 0."])
    ['Each of W and b: it is 0.', 'h: it is 1.']
    """
    names: dict[str, list[str]] = {}
    for sentence in sentences:
        name, colon, rest = sentence.partition(": ")
        names.setdefault(colon + rest, []).append(name)
    return [
        (name[0] if len(name) == 1 else f"Each of {listed(name)}") + rest
        for rest, name in names.items()
    ]


def diagram(outcome: Outcome, seed: int) -> str:
    """Return the diagram of one seed after its training, with gradients, as SVG."""
    with np.errstate(all="ignore"):
        return render(network(outcome, seed, "end"), gradients=True).svg


def sentences_of(rows: Iterable[DiagnosisRow], subject: Subject) -> dict[str, list[str]]:
    """Return the sentences about one network, by moment."""
    own = [
        row for row in rows if (row.experiment, row.data, row.setting, row.seed) == tuple(subject)
    ]
    return {moment: [row.sentence for row in own if row.moment == moment] for moment in MOMENTS}
