"""The report on the experiments: a page, Markdown, CSV and JSON.

``tables`` writes the numbers to files and reads them back. ``claims`` and ``seeds`` turn them into
sentences, ``figures`` and ``pictures`` into images. ``sections`` collects the parts of the page,
and ``writer`` renders it.
"""

from tinygraph.lab2.report.writer import write_report

__all__ = ["write_report"]
