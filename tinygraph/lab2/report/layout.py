"""Pages from templates: the layout of the report and of the page of a run."""

from __future__ import annotations

from typing import Any

import jinja2


def render(template: str, **context: Any) -> str:
    """Return a template of this folder, filled in."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tinygraph.lab2.report"),
        autoescape=lambda name: name is not None and ".html" in name,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["tidy"] = tidy
    return environment.get_template(template).render(context)


def tidy(text: str) -> str:
    r"""Return a text whose line breaks do not separate a number from its sign or unit.

    >>> tidy("η = 10 reaches 100 %")
    'η\xa0=\xa010 reaches 100\xa0%'
    """
    return text.replace(" = ", "\xa0=\xa0").replace(" %", "\xa0%")
