"""What the lab says of training: learning rates, optimizers and the best setting.

Each function judges one claim, and says in its sentences what the verdict rests on.
"""

from __future__ import annotations

from tinygraph.lab2.report.findings import SMOOTH, Both, Finding, best, rank, verdict
from tinygraph.lab2.report.wording import (
    amount,
    climb,
    count_of,
    data_name,
    loss_text,
    median_epoch,
    reached,
    result,
)

OPTIMIZERS = ("SGD", "Momentum", "Adam")


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


LEARNING_RATE = (_ten_is_best, _ten_swings_early, _one_is_smooth, _hundred_fails)
OPTIMIZER = (_both_raise_accuracy, _both_are_faster, _adam_swings, _both_allow_more)
BEST_SETTING = (_the_best_reaches_all, _the_best_is_fastest)
