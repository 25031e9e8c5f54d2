"""What the lab says of networks: hidden units, missing activations and the choice of one.

Each function judges one claim, and says in its sentences what the verdict rests on.
"""

from __future__ import annotations

from tinygraph.lab2.report.findings import SMOOTH, Both, Finding, rank, rises, verdict
from tinygraph.lab2.report.wording import (
    amount,
    climb,
    count_of,
    loss_text,
    median_epoch,
    percent,
    reached,
    result,
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


HIDDEN_UNITS = (
    _more_units_more_accurate,
    _more_units_faster,
    _more_units_longer,
    _more_units_less_calm,
)
NO_ACTIVATION = (_xor_is_out_of_reach, _a_chain_is_linear)
ACTIVATION = (_relu_can_be_best, _relu_swings_most, _tanh_is_smoother)
