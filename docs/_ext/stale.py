"""Delete the pages of scripts that were renamed or deleted, which sphinx-gallery keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx


def drop_pages_without_script(scripts: Path, pages: Path) -> None:
    """Delete each page whose script no longer exists; the names of scripts begin with a digit."""
    for page in pages.glob("[0-9]*"):
        name = page.name.partition(".")[0]
        if page.is_file() and not (scripts / f"{name}.py").exists():
            page.unlink()


def drop_stale_pages(app: Sphinx) -> None:
    """Delete stale pages where sphinx-gallery writes pages, and where Sphinx writes the book."""
    gallery = app.config.sphinx_gallery_conf
    for scripts, pages in zip(gallery["examples_dirs"], gallery["gallery_dirs"], strict=True):
        for folder in (app.srcdir, app.outdir):
            drop_pages_without_script(Path(app.srcdir, scripts), Path(folder, pages))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", drop_stale_pages, priority=100)  # before sphinx-gallery
    return {"parallel_read_safe": True}
