"""Odd input, met with a lesson: a short run of the campaign that `make fuzz` runs for long."""

import pytest
from campaigns.fuzz import fuzz
from campaigns.fuzzing.command_lines import (
    ODD_VALUES,
    SOUND_LINES,
    fuzz_command_lines,
    options_of,
    random_lines,
    single_lines,
)
from campaigns.fuzzing.judge import folder_of_ones_own, silence, try_attack
from campaigns.fuzzing.odd_things import UsersOwnError
from campaigns.fuzzing.one_thing_odd import call, pairs
from campaigns.fuzzing.sound_calls import SOUND_CALLS
from campaigns.fuzzing.surface import HANDED_OUT, parameters_of, public_calls

import tinygraph as tg


def test_every_public_name_and_keyword_is_attacked():
    attacked = set(pairs())
    for name, function in public_calls().items():
        assert name in SOUND_CALLS, f"{name} is public: say in sound_calls.py how it is called"
        own = [each.name for each in parameters_of(function) if each.name != "self"]
        found = {each.name for attack, each in attacked if attack == name and each is not None}
        assert found == set(own), f"{name} has parameters that no attack replaces"
    assert set(SOUND_CALLS) == set(public_calls()), "a sound call of what is not public any more"


def test_the_surface_has_what_the_package_names():
    calls = public_calls()
    for name in tg.__all__:
        thing = getattr(tg, name)
        is_module = type(thing) is type(tg)
        is_error = isinstance(thing, type) and issubclass(thing, tg.TinygraphError)
        if not (is_module or is_error or name in HANDED_OUT):
            assert name in calls
    assert {"Diagram.save", "Program.run", "Stepper.show", "History.plot"} < set(calls)


@pytest.mark.parametrize("name", SOUND_CALLS)
def test_what_is_spoilt_is_sound_before(name):
    with folder_of_ones_own(), silence():
        function, arguments = SOUND_CALLS[name]()
        if name == "Node":  # what all nodes share, and none by itself
            with pytest.raises(tg.TinygraphError, match="make one of these"):
                call(function, arguments)
        else:
            call(function, arguments)


def test_odd_calls_are_met_with_lessons():
    tried, failures = fuzz(1000)
    assert not failures, "\n".join(failures)
    assert len(tried) > 100


def test_odd_options_are_met_with_one_line():
    lines = [*single_lines(ODD_VALUES[::4]), *random_lines(40, seed=1)]
    tried, failures = fuzz_command_lines(lines)
    assert not failures, "\n".join(failures)
    assert tried == len(lines) > 200


def test_every_subcommand_has_a_line():
    assert set(SOUND_LINES) == {"", "lab2", "lab2 report", "step", "playground", "train"}
    assert "--checkpoint" in options_of("lab2")
    assert "--jobs" in options_of("lab2 report")
    assert "--training-steps" in options_of("step")


def fail_raw():
    raise KeyError("x")


def too_short():
    raise tg.TinygraphError("no")


@pytest.mark.parametrize(
    ("attack", "complaint"),
    [(fail_raw, "KeyError"), (too_short, "too short"), (lambda: None, "accepted")],
)
def test_the_campaign_sees_what_it_looks_for(attack, complaint):
    assert complaint in try_attack("an attack", attack, must_refuse=True)


def test_an_error_of_the_users_own_comes_through():
    def fail():
        raise UsersOwnError

    assert try_attack("an attack", fail, must_refuse=True) is None
