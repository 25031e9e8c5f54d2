"""The report on the experiments: as a page, as Markdown, and as CSV and JSON.

``tables`` writes the numbers down and reads them back, ``claims`` and ``explain`` turn them into
sentences, ``sections`` gathers what is shown, and ``writer`` lays it out.
"""

from tinygraph.lab2.report.writer import write_report

__all__ = ["write_report"]
