"""The claims of the lab, by experiment, and the function that judges each.

Each function says in its sentences what its verdict rests on.
"""

from __future__ import annotations

from collections.abc import Callable

from tinygraph.lab2.report.findings import Both, Finding, Table, best, rank, rises, verdict
from tinygraph.lab2.report.wording import (
    amount,
    count_of,
    data_name,
    epochs_text,
    loss_text,
    percent,
    result,
)
from tinygraph.lab2.summary import Row

SMOOTH = 0.01
"""A loss that climbs by less than this in a whole run is called smooth."""
OPTIMIZERS = ("SGD", "Momentum", "Adam")


def findings(experiment: str, table: Table) -> list[Finding]:
    """Return what came of each claim that the lab makes in an experiment."""
    rows = Both.of(experiment, table)
    return [judge(rows) for judge in CLAIMS[experiment]]


def climb(row: Row) -> str:
    """Return by how much a loss climbs in a whole run, as a text."""
    return amount(row.climb)


def reached(row: Row) -> str:
    """Return how many seeds reached 100 %, as a text."""
    return str(row.reached)


def median_epoch(row: Row) -> str:
    """Return the median epoch of 100 %, as a text."""
    return epochs_text(row.median_epoch)


def _ten_is_best(rows: Both) -> Finding:
    winners = [best(rows.linear.values()), best(rows.xor.values())]
    return Finding(
        "η = 10 does best.",
        verdict(*(row.setting == "η = 10" for row in winners)),
        " ".join(f"On {data_name(row)} {row.setting} does best: {result(row)}." for row in winners),
    )


def _ten_swings_early(rows: Both) -> Finding:
    return Finding(
        "Its early epochs swing.",
        rows.holds(lambda row: row["η = 10"].early_climb > SMOOTH),
        "All rises of a run added up, the loss of η = 10 climbs in the first tenth of the epochs "
        f"by {rows.of_one('η = 10', lambda row: amount(row.early_climb))}, in the whole run by "
        f"{rows.of_one('η = 10', climb)} (medians).",
    )


def _one_is_smooth(rows: Both) -> Finding:
    return Finding(
        "η = 1 falls smoothly.",
        rows.holds(lambda row: row["η = 1"].climb < SMOOTH),
        f"In the whole run its loss climbs by {rows.of_one('η = 1', climb)} (medians).",
    )


def _hundred_fails(rows: Both) -> Finding:
    return Finding(
        "η = 100 does not converge on XOR.",
        verdict(rows.xor["η = 100"].at_end == 0),
        f"{rows.of_one('η = 100', result)}. The median loss ends at "
        f"{rows.of_one('η = 100', lambda row: loss_text(row.median_loss))}. The output unit ends "
        f"saturated, with the same class for every point, in "
        f"{rows.of_one('η = 100', lambda row: count_of(row.output_stuck_after, row))}.",
    )


def _more_units_more_accurate(rows: Both) -> Finding:
    return Finding(
        "More units give slightly better accuracy after the same number of epochs.",
        rows.holds(lambda row: rises(r.early_accuracy for r in row.values())),
        "After a twentieth of the epochs the mean accuracy is "
        f"{rows.each(lambda row: percent(row.early_accuracy))}.",
    )


def _more_units_faster(rows: Both) -> Finding:
    return Finding(
        "With more units the loss falls faster.",
        rows.holds(lambda row: rises(-rank(r)[1] for r in row.values())),
        f"The median epoch of 100 % is {rows.each(median_epoch)}.",
    )


def _more_units_longer(rows: Both) -> Finding:
    few, *_, many = rows.linear.values()
    seconds = [rows.table.seconds[r.experiment, r.data, r.setting] for r in (few, many)]
    return Finding(
        "More units take longer.",
        verdict(seconds[1] > seconds[0]),
        f"From {few.setting} to {many.setting} the numbers to train grow from {few.parameters:,} "
        f"to {many.parameters:,}; on linear all seeds together took {seconds[0]:.1f} s and "
        f"{seconds[1]:.1f} s.",
    )


def _more_units_less_calm(rows: Both) -> Finding:
    return Finding(
        "With more units the curves are less calm.",
        rows.holds(lambda row: row["H = 32"].climb > row["H = 2"].climb + SMOOTH),
        f"In a whole run the loss climbs by {rows.each(climb)} (medians).",
    )


def _xor_is_out_of_reach(rows: Both) -> Finding:
    return Finding(
        "Without activations XOR cannot be learnt.",
        verdict(*(row.reached == 0 for row in rows.xor.values())),
        f"Of {rows.xor['none'].seeds} seeds, 100 % is reached by {rows.each(reached)}.",
    )


def _a_chain_is_linear(rows: Both) -> Finding:
    row = rows.xor["none, η = 0.01"]
    is_bound = row.best_loss >= row.linear_loss * (1 - 1e-9)
    diverged = rows.xor["none"].diverged
    return Finding(
        "The reason: a chain of linear maps is one linear map.",
        verdict(is_bound),
        f"The best single map x·w + b has a loss of {loss_text(row.linear_loss)} on XOR (found by "
        f"least squares). Three layers, with η = 0.01, end at {loss_text(row.median_loss)} "
        f"(median); the best seed at {loss_text(row.best_loss)}."
        + (" No seed does better than the single map." if is_bound else "")
        + (
            f" With η = 0.1, {count_of(diverged, row)} diverge: without an activation nothing "
            "bounds the values, nor the gradients."
            if diverged
            else ""
        ),
    )


def _both_raise_accuracy(rows: Both) -> Finding:
    return Finding(
        "Momentum and Adam both raise the accuracy.",
        rows.holds(lambda row: all(row[o].reached >= row["SGD"].reached for o in OPTIMIZERS)),
        f"Of {rows.xor['SGD'].seeds} seeds, 100 % is reached by {rows.each(reached, OPTIMIZERS)}.",
    )


def _both_are_faster(rows: Both) -> Finding:
    return Finding(
        "Both speed up the fall of the loss.",
        rows.holds(
            lambda row: max(rank(row["Momentum"])[1], rank(row["Adam"])[1]) < rank(row["SGD"])[1]
        ),
        f"The median epoch of 100 %, of the seeds that reach it, is "
        f"{rows.each(median_epoch, OPTIMIZERS)}.",
    )


def _adam_swings(rows: Both) -> Finding:
    adam = rows.xor["Adam"].climb
    return Finding(
        "Adam swings more on XOR.",
        verdict(adam > max(rows.xor["SGD"].climb, rows.xor["Momentum"].climb)),
        "In a whole run the loss climbs by "
        f"{rows.each(lambda row: amount(row.climb, 4), OPTIMIZERS)} (medians).",
    )


def _both_allow_more(rows: Both) -> Finding:
    names = [f"{name}, η = 10" for name in OPTIMIZERS]
    bears = [rows.xor[name].at_end >= rows.xor[names[0]].at_end for name in names[1:]]
    return Finding(
        "Both allow a higher learning rate.",
        verdict(*bears),
        f"At η = 10, of {rows.xor['SGD'].seeds} seeds, all points are right at the end in "
        f"{rows.each(lambda row: str(row.at_end), names)}. For the same η the steps are longer: "
        "with momentum in the long run ten times as long as a gradient step, with Adam about η for "
        "every parameter, however small its gradient.",
    )


def _relu_can_be_best(rows: Both) -> Finding:
    dead = rows.of_one("ReLU", lambda row: count_of(row.output_stuck_after, row))
    from_start = rows.of_one("ReLU", lambda row: count_of(row.output_stuck_before, row))
    any_dead = any(row.output_stuck_after for row in rows["ReLU"])
    best_loss = rows.each(lambda row: loss_text(row.best_loss))
    can = [
        row["ReLU"].best_loss <= min(rival.best_loss for rival in row.values())
        for row in (rows.linear, rows.xor)
    ]
    always = [row.reached == row.seeds for row in rows["ReLU"]]
    return Finding(
        "ReLU can reach the best accuracy.",
        verdict(*can, *always),
        f"The best seed ends at a loss of {best_loss}. With ReLU {rows.of_one('ReLU', result)}."
        + (
            f" Its output unit is dead for every point at the end in {dead}, and was at the start "
            f"in {from_start}: such a network answers 0 everywhere, and no gradient passes that "
            "could mend it."
            if any_dead
            else ""
        ),
    )


def _relu_swings_most(rows: Both) -> Finding:
    any_dead = any(row.output_stuck_after for row in rows["ReLU"])
    return Finding(
        "ReLU swings most.",
        rows.holds(
            lambda row: row["ReLU"].high_climb >= max(r.high_climb for r in row.values()) > SMOOTH
        ),
        "In the livelier quarter of the seeds the loss climbs by at least "
        f"{rows.each(lambda row: amount(row.high_climb))}."
        + (" A dead network does not swing, which flatters ReLU here." if any_dead else ""),
    )


def _tanh_is_smoother(rows: Both) -> Finding:
    return Finding(
        "tanh is smoother.",
        rows.holds(lambda row: row["tanh"].high_climb < row["ReLU"].high_climb),
        "Half of the seeds climb by at most "
        f"{rows.each(climb, ('tanh', 'ReLU'))}; the livelier quarter by at least "
        f"{rows.each(lambda row: amount(row.high_climb), ('tanh', 'ReLU'))}.",
    )


def _the_best_reaches_all(rows: Both) -> Finding:
    (label,) = rows.xor
    return Finding(
        "Sigmoid, Adam and η = 0.1 reach 100 % on both data sets.",
        verdict(*(row.at_end == row.seeds for row in rows[label])),
        f"{rows.of_one(label, result)}. All points are right at the end in "
        f"{rows.of_one(label, lambda row: count_of(row.at_end, row))}.",
    )


def _the_best_is_fastest(rows: Both) -> Finding:
    (label,) = rows.xor
    winners = [
        best(rival for rival in rows.table.rows if rival.data == row.data) for row in rows[label]
    ]
    return Finding(
        "It does so in the fewest epochs.",
        verdict(*(rank(row)[:2] <= rank(w)[:2] for row, w in zip(rows[label], winners))),
        f"It needs {rows.of_one(label, median_epoch)} (median epoch of 100 %). Of all settings in "
        "this report the fastest is "
        + " and ".join(
            f"{row.setting} of {row.experiment} on {data_name(row)} ({median_epoch(row)})"
            for row in winners
        )
        + ".",
    )


CLAIMS: dict[str, tuple[Callable[[Both], Finding], ...]] = {
    "E1": (_ten_is_best, _ten_swings_early, _one_is_smooth, _hundred_fails),
    "E2": (
        _more_units_more_accurate,
        _more_units_faster,
        _more_units_longer,
        _more_units_less_calm,
    ),
    "E3": (_xor_is_out_of_reach, _a_chain_is_linear),
    "E4": (_both_raise_accuracy, _both_are_faster, _adam_swings, _both_allow_more),
    "E5": (_relu_can_be_best, _relu_swings_most, _tanh_is_smoother),
    "E6": (_the_best_reaches_all, _the_best_is_fastest),
}
