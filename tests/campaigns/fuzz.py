"""Give the public API everything that it does not want, and see that it answers with a lesson.

Hypothesis draws an *attack*: a call of the public API with something odd in it.  The answer has to
be a TinygraphError, or a result where the odd thing happens to be allowed.  Anything else is a
failure: a raw error of NumPy or Python, a call that does not end, and, for an attack that must be
refused, a result.  What a function of the user's own raises may come through as it is.
"""

import argparse
import resource
from collections import Counter

from hypothesis import HealthCheck, given, seed, settings

from campaigns.figures import record
from campaigns.fuzzing.attacks import attacks
from campaigns.fuzzing.command_lines import fuzz_command_lines, random_lines, single_lines
from campaigns.fuzzing.judge import folder_of_ones_own, try_attack
from campaigns.fuzzing.one_thing_odd import each_alone

MOST_MEMORY = 8 * 2**30
PAIRS_OF_OPTIONS = 2_000


def fuzz(count, start=None):
    """Try ``count`` attacks, and return how often each kind and each failure was met.

    ``start`` is a seed: every argument is then tried with every odd thing, before others are drawn.
    Without one, the attacks are drawn alone, and are the same every time.
    """
    failures = Counter()
    tried = Counter()

    def run(attack):
        name, call, must_refuse = attack
        tried[name] += 1
        failure = try_attack(name, call, must_refuse)
        if failure:
            failures[failure] += 1

    drawn = settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=start is None,
        suppress_health_check=list(HealthCheck),
    )(given(attacks())(run))
    with folder_of_ones_own():
        if start is not None:
            for attack in each_alone():
                run(attack)
            drawn = seed(start)(drawn)
        drawn()
    return tried, failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    # What asks for all the memory there is gets an error, not the machine.
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    lines = [*single_lines(), *random_lines(PAIRS_OF_OPTIONS, options.seed)]
    command_lines, failures_of_lines = fuzz_command_lines(lines)
    tried, failures = fuzz(options.count, options.seed)
    for failure, times in failures.most_common():
        print(f"{times:6}  {failure}")
    print(*failures_of_lines, sep="\n")
    record(
        "fuzz",
        bad_inputs=sum(tried.values()),
        kinds_of_calls=len(tried),
        command_lines=command_lines,
        failures=sum(failures.values()) + len(failures_of_lines),
    )


if __name__ == "__main__":
    main()
