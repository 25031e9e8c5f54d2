"""Odd input, met with a lesson: a short run of the campaign that `make fuzz` runs for long."""

import pytest
from campaigns.fuzz import CLI_OPTIONS, CLI_VALUES, fuzz, fuzz_command_line, try_attack

import tinygraph as tg


def test_odd_calls_are_met_with_lessons():
    tried, failures = fuzz(800, derandomize=True)
    assert not failures, "\n".join(failures)
    assert len(tried) > 40


def test_odd_options_are_met_with_one_line():
    tried, failures = fuzz_command_line(values=CLI_VALUES[::3])
    assert not failures, "\n".join(failures)
    assert tried == len(CLI_OPTIONS) * len(CLI_VALUES[::3])


def fail_raw():
    raise KeyError("x")


def too_short():
    raise tg.TinygraphError("no")


@pytest.mark.parametrize(
    ("call", "complaint"),
    [(fail_raw, "KeyError"), (too_short, "too short"), (lambda: None, "accepted")],
)
def test_the_campaign_sees_what_it_looks_for(call, complaint):
    assert complaint in try_attack("an attack", call, must_refuse=True)
