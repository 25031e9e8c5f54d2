"""Give bad input to the public API, and check that it raises an error that explains the mistake.

Hypothesis draws an *attack*: a call of the public API with an odd argument.  The call must raise a
TinygraphError, or return a result if the odd argument is allowed.  Anything else is a failure: a
raw error of NumPy or Python, a call that does not end, or a result of an attack that must be
refused.  An error that the user's own function raises may pass through unchanged.
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
    """Try ``count`` attacks; return the number of attacks of each kind, and of each failure.

    With a seed ``start``, every argument is first tried with every odd value, and then random
    attacks are drawn. Without it, the attacks are only drawn, and they are the same every time.
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
    # A call that needs too much memory must get an error and not stop the machine.
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
