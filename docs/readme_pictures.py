"""Make the pictures that the README shows: ``make pictures``.

They are part of the repository, since a README is read without building anything.  A test makes
them again and compares their texts.
"""

from __future__ import annotations

from pathlib import Path

import tinygraph as tg

FOLDER = Path(__file__).parent / "_static" / "readme"


def diagrams() -> dict[str, tg.Diagram]:
    """Return the README's diagrams by their file names."""
    model = tg.lab2.model(hidden=4, rng=0)
    x, t = tg.data.xor()
    model.forward(x=x, t=t)
    model.backward()
    return {
        "lab2-structure.svg": tg.render(model),
        "lab2-gradient-flow.svg": tg.render(model, gradients=True),
    }


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, diagram in diagrams().items():
        diagram.save(FOLDER / name)
