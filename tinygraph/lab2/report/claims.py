"""The claims of the lab, each compared with the results of many seeds.

One function judges one claim. It judges exactly the claim's words: "can reach" is about the best
seed, and "raises" needs a higher number. Its sentences give the numbers behind the verdict.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinygraph.lab2.experiments.summary import Row
from tinygraph.lab2.report.findings import (
    AGREES,
    DISAGREES,
    IN_PART,
    SMOOTH,
    UNDECIDED,
    Both,
    Finding,
    Table,
    best,
    differs,
    rank,
    rises,
    verdict,
)
from tinygraph.lab2.report.formatting import (
    amount,
    climb,
    count_of,
    data_name,
    loss_text,
    median_epoch,
    percent,
    reached,
    result,
)

SWING_DECIMALS = 4
"""The number of decimals for comparing and printing Adam's small rises of the loss."""


def findings(experiment: str, table: Table) -> list[Finding]:
    """Return the verdict on each claim that the lab makes in an experiment."""
    rows = Both.of(experiment, table)
    return [judge(rows) for judge in CLAIMS[experiment]]


def _ten_is_best(rows: Both) -> Finding:
    winners = [best(rows.linear.values()), best(rows.xor.values())]
    return Finding(
        "η = 10 is best.",
        verdict(*(row.setting == "η = 10" for row in winners)),
        " ".join(f"On {data_name(row)}, {row.setting} is best: {result(row)}." for row in winners),
    )


def _ten_swings_early(rows: Both) -> Finding:
    return Finding(
        "In the early epochs, its loss oscillates.",
        rows.holds(lambda row: row["η = 10"].early_climb > SMOOTH),
        "This is the sum of all rises of the loss for η = 10 (medians). In the first tenth of the "
        f"epochs: {rows.of_one('η = 10', lambda row: amount(row.early_climb))}. In the whole run: "
        f"{rows.of_one('η = 10', climb)}.",
    )


def _one_is_smooth(rows: Both) -> Finding:
    def falls_smoothly(row: Row) -> bool:
        return row.climb < SMOOTH and row.median_loss < row.first_loss

    return Finding(
        "With η = 1, the loss falls smoothly.",
        rows.holds(lambda row: falls_smoothly(row["η = 1"])),
        f"The loss of η = 1 goes {rows.of_one('η = 1', _first_and_final_loss)}. The sum of "
        f"all its rises is {rows.of_one('η = 1', climb)} (medians).",
    )


def _hundred_fails(rows: Both) -> Finding:
    row = rows.xor["η = 100"]
    found = AGREES if row.at_end == 0 else DISAGREES if row.at_end == row.seeds else IN_PART
    return Finding(
        "η = 100 does not converge on XOR.",
        found,
        f"With η = 100, all points are correct at the end in {count_of(row.at_end, row)} on XOR. "
        "The median loss ends at "
        f"{rows.of_one('η = 100', lambda row: loss_text(row.median_loss))}. "
        "At the end, the output unit is saturated and gives the same class for every point in "
        f"{rows.of_one('η = 100', lambda row: count_of(row.output_stuck_after, row))}.",
    )


def _more_units_more_accurate(rows: Both) -> Finding:
    return Finding(
        "More units give slightly better accuracy after the same number of epochs.",
        rows.holds(lambda row: rises(r.early_accuracy for r in row.values())),
        "After a twentieth of the epochs, the mean accuracy is "
        f"{rows.each(lambda row: percent(row.early_accuracy))}.",
    )


def _more_units_faster(rows: Both) -> Finding:
    return Finding(
        "With more units, the loss falls faster.",
        rows.holds(lambda row: rises(-rank(r)[1] for r in row.values())),
        f"The median epoch of 100 % is {rows.each(median_epoch)}.",
    )


def _more_units_longer(rows: Both) -> Finding:
    few, *_, many = rows.linear.values()
    seconds = [rows.table.seconds[r.experiment, r.data, r.setting] for r in (few, many)]
    return Finding(
        "More units take longer.",
        verdict(seconds[1] > seconds[0]),
        f"From {few.setting} to {many.setting}, the number of trained parameters grows from "
        f"{few.parameters:,} to {many.parameters:,}. On linear, the training of all seeds took "
        f"{seconds[0]:.1f} s and {seconds[1]:.1f} s.",
    )


def _more_units_less_calm(rows: Both) -> Finding:
    return Finding(
        "With more units, the curves are less smooth.",
        rows.holds(lambda row: row["H = 32"].climb > row["H = 2"].climb + SMOOTH),
        f"The sum of all rises of the loss is {rows.each(climb)} (medians).",
    )


def _xor_is_out_of_reach(rows: Both) -> Finding:
    return Finding(
        "Without activations, a network cannot learn XOR.",
        verdict(*(row.reached == 0 for row in rows.xor.values())),
        f"Of {rows.xor['none'].seeds} seeds, 100 % is reached by {rows.each(reached)}.",
    )


def _a_chain_is_linear(rows: Both) -> Finding:
    row = rows.xor["none, η = 0.01"]
    is_bound = row.best_loss >= row.linear_loss * (1 - 1e-9)
    diverged = rows.xor["none"].diverged
    return Finding(
        "The reason: a chain of linear maps is one linear map.",
        verdict(is_bound) if np.isfinite(row.best_loss) else UNDECIDED,
        f"The best single map x·w + b has a loss of {loss_text(row.linear_loss)} on XOR (found by "
        f"least squares). Three layers, with η = 0.01, end at {loss_text(row.median_loss)} "
        f"(median); the best seed ends at {loss_text(row.best_loss)}."
        + (" No seed does better than the single map." if is_bound else "")
        + (
            f" With η = 0.1, {count_of(diverged, row)} diverge: without an activation nothing "
            "bounds the values or the gradients."
            if diverged
            else ""
        ),
    )


def _both_raise_accuracy(rows: Both) -> Finding:
    """Compare the accuracy; if SGD reaches 100 % with every seed, no accuracy can be higher."""
    raised = [
        (_accuracy(row[name]) > _accuracy(row["SGD"]))
        for row in (rows.linear, rows.xor)
        if _accuracy(row["SGD"]) < (1.0, row["SGD"].seeds)
        for name in ("Momentum", "Adam")
    ]
    return Finding(
        "Momentum and Adam both raise the accuracy.",
        verdict(*raised) if raised else UNDECIDED,
        "The median accuracy at the end is "
        f"{rows.each(lambda row: percent(row.median_accuracy), OPTIMIZERS)}. All points are "
        f"correct at the end in {rows.each(lambda row: str(row.at_end), OPTIMIZERS)}, of "
        f"{rows.xor['SGD'].seeds} seeds each."
        + ("" if raised else " No accuracy can be higher than that of SGD."),
    )


def _both_are_faster(rows: Both) -> Finding:
    return Finding(
        "With both, the loss falls faster.",
        verdict(
            *(
                rank(row[name])[1] < rank(row["SGD"])[1]
                for row in (rows.linear, rows.xor)
                for name in ("Momentum", "Adam")
            )
        ),
        f"The median epoch of 100 %, over the seeds that reach it, is "
        f"{rows.each(median_epoch, OPTIMIZERS)}.",
    )


def _adam_swings(rows: Both) -> Finding:
    adam, sgd, momentum = (rows.xor[name].climb for name in ("Adam", "SGD", "Momentum"))
    others = max(sgd, momentum)
    return Finding(
        "With Adam, the loss on XOR oscillates more.",
        verdict(adam > others and differs(adam, others, SWING_DECIMALS)),
        "The sum of all rises of the loss is "
        f"{rows.each(lambda row: amount(row.climb, SWING_DECIMALS), OPTIMIZERS)} (medians).",
    )


def _both_allow_more(rows: Both) -> Finding:
    names = [f"{name}, η = 10" for name in OPTIMIZERS]
    sgd, *others = (rows.xor[name] for name in names)
    return Finding(
        "Both allow a higher learning rate.",
        verdict(*(row.at_end >= max(sgd.at_end, 1) for row in others)),
        f"At η = 10, of {sgd.seeds} seeds, all points are correct at the end in "
        f"{rows.each(lambda row: str(row.at_end), names)}. For the same η, their steps are usually "
        "longer than a gradient step. With momentum, they become up to ten times as long. With "
        "Adam, they are about η for every parameter, even if its gradient is small.",
    )


def _relu_can_be_best(rows: Both) -> Finding:
    dead = rows.of_one("ReLU", lambda row: count_of(row.output_stuck_after, row))
    from_start = rows.of_one("ReLU", lambda row: count_of(row.output_stuck_before, row))
    any_dead = any(row.output_stuck_after for row in rows["ReLU"])
    return Finding(
        "ReLU can reach the best accuracy.",
        rows.holds(
            lambda row: row["ReLU"].best_accuracy >= max(r.best_accuracy for r in row.values())
        ),
        f"The best seed ends at {rows.each(lambda row: percent(row.best_accuracy))}. With ReLU, "
        f"{rows.of_one('ReLU', result)}."
        + (
            f" Its output unit is dead for every point at the end in {dead}. It was dead at the "
            f"start in {from_start}. Such a network gives 0 everywhere. It cannot change, because "
            "its gradient is 0."
            if any_dead
            else ""
        ),
    )


def _relu_swings_most(rows: Both) -> Finding:
    any_dead = any(row.output_stuck_after for row in rows["ReLU"])
    return Finding(
        "With ReLU, the loss oscillates most.",
        rows.holds(
            lambda row: row["ReLU"].high_climb >= max(r.high_climb for r in row.values()) > SMOOTH
        ),
        "In the quarter that oscillates most, the rises of the loss add up to at least "
        f"{rows.each(lambda row: amount(row.high_climb))}."
        + (" A dead network does not oscillate, so ReLU looks smoother here." if any_dead else ""),
    )


def _tanh_is_smoother(rows: Both) -> Finding:
    def is_smoother(tanh: Row, relu: Row) -> bool:
        return tanh.high_climb < relu.high_climb and differs(tanh.high_climb, relu.high_climb)

    return Finding(
        "With tanh, the loss is smoother.",
        rows.holds(lambda row: is_smoother(row["tanh"], row["ReLU"])),
        "In half of the seeds, the rises of the loss add up to at most "
        f"{rows.each(climb, ('tanh', 'ReLU'))}. In the quarter that oscillates most, they add up "
        f"to at least {rows.each(lambda row: amount(row.high_climb), ('tanh', 'ReLU'))}.",
    )


def _the_best_reaches_all(rows: Both) -> Finding:
    (label,) = rows.xor
    return Finding(
        "Sigmoid, Adam and η = 0.1 reach 100 % on both data sets.",
        verdict(*(row.at_end == row.seeds for row in rows[label])),
        f"{rows.of_one(label, result)}. All points are correct at the end in "
        f"{rows.of_one(label, lambda row: count_of(row.at_end, row))}.",
    )


def _the_best_is_fastest(rows: Both) -> Finding:
    (label,) = rows.xor
    winners = [
        best(rival for rival in rows.table.rows if rival.data == row.data) for row in rows[label]
    ]
    return Finding(
        "It does so in the fewest epochs.",
        verdict(
            *(
                row.reached > 0 and rank(row)[:2] <= rank(winner)[:2]
                for row, winner in zip(rows[label], winners, strict=True)
            )
        ),
        f"Its median epoch of 100 % is {rows.of_one(label, median_epoch)}. The fastest setting in "
        "this report is "
        + " and ".join(
            f"{row.setting} of {row.experiment} on {data_name(row)} ({median_epoch(row)})"
            for row in winners
        )
        + ".",
    )


def _first_and_final_loss(row: Row) -> str:
    return f"from {loss_text(row.first_loss)} to {loss_text(row.median_loss)}"


def _accuracy(row: Row) -> tuple[float, int]:
    """Return the accuracy to compare: the median over the seeds, then the seeds at 100 %."""
    return row.median_accuracy, row.at_end


OPTIMIZERS = ("SGD", "Momentum", "Adam")

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
"""The claims of each experiment, each as the function that judges it."""
