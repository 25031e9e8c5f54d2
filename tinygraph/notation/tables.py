"""Tables as HTML."""


def with_alignment(table: str) -> str:
    """Return an HTML table of tabulate in which each cell says how it is aligned.

    JupyterLab aligns the others to the right.

    >>> with_alignment("<td>w</td>")
    '<td style="text-align: left;">w</td>'
    """
    for cell in ("td", "th"):
        table = table.replace(f"<{cell}>", f'<{cell} style="text-align: left;">')
    return table
