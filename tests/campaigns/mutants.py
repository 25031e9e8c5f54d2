"""Change the source of the core in one place at a time, and check that the tests notice.

mutmut makes the changes; its settings are in ``setup.cfg``. This module counts its verdicts and
writes down every mutant that survived.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from campaigns import survivors
from campaigns.figures import record

ROOT = Path(__file__).parents[2]
VERDICTS = ROOT / "mutants" / "mutmut-cicd-stats.json"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    workers = parser.parse_args().workers
    mutmut = [sys.executable, "-m", "mutmut"]
    subprocess.run([*mutmut, "run", "--max-children", str(workers)], cwd=ROOT, check=True)
    subprocess.run([*mutmut, "export-cicd-stats"], cwd=ROOT, check=True)
    survivors.collect(mutmut, ROOT)
    count(json.loads(VERDICTS.read_text(encoding="utf-8")))


def count(verdicts):
    """Record the counts of mutmut; a mutant that hangs the tests counts as killed."""
    killed = verdicts["killed"] + verdicts["timeout"] + verdicts["segfault"]
    survived = verdicts["survived"] + verdicts["suspicious"] + verdicts["no_tests"]
    record(
        "mutants",
        made=verdicts["total"],
        tried=killed + survived,
        killed=killed,
        survived=survived,
        killed_in_percent_of_tried=round(100 * killed / (killed + survived), 1),
    )


if __name__ == "__main__":
    main()
