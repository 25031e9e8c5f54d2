"""The claims of the lab, by experiment, and what came of them."""

from __future__ import annotations

from collections.abc import Callable

from tinygraph.lab2.report import network_claims, training_claims
from tinygraph.lab2.report.findings import Both, Finding, Table

CLAIMS: dict[str, tuple[Callable[[Both], Finding], ...]] = {
    "E1": training_claims.LEARNING_RATE,
    "E2": network_claims.HIDDEN_UNITS,
    "E3": network_claims.NO_ACTIVATION,
    "E4": training_claims.OPTIMIZER,
    "E5": network_claims.ACTIVATION,
    "E6": training_claims.BEST_SETTING,
}
"""The claims of each experiment, each as the function that judges it."""


def findings(experiment: str, table: Table) -> list[Finding]:
    """Return what came of each claim that the lab makes in an experiment."""
    rows = Both.of(experiment, table)
    return [judge(rows) for judge in CLAIMS[experiment]]
