"""The figures of the campaigns, in the file from which the docs take them."""

import json
from pathlib import Path

PATH = Path(__file__).parents[2] / "docs" / "_data" / "trust.json"


def read():
    return json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}


def record(campaign, **numbers):
    """Put the numbers of one campaign into the file, leaving the others as they are."""
    figures = {**read(), campaign: numbers}
    text = json.dumps(figures, indent=2, sort_keys=True, ensure_ascii=False)
    PATH.write_text(text + "\n", encoding="utf-8")
    print(f"{campaign}: {numbers}")
