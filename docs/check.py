"""Looks the built book over, as its readers will: ``make docs-check``.

Without a browser: every link that stays within the book has a page and an anchor, and nothing is
loaded from elsewhere.  With Chromium (skipped, and said so, where there is none), each page at the
width of a desk and of a phone, light and dark: no request leaves the site, no script fails, no
formula is left unset, the page does not scroll sideways, axe-core finds nothing, and diagrams are
as dark as the page on either side of its switch.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urlsplit

SITE = Path(__file__).parent / "_build" / "html"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWS = {"desk": (1440, "light"), "phone": (400, "light"), "dark": (1440, "dark")}
LOADING = {
    ("script", "src"),
    ("img", "src"),
    ("link", "href"),
    ("iframe", "src"),
    ("source", "src"),
}
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]

# How many diagrams are light on a dark page, or dark on a light one.
UNLIKE_THE_PAGE = """theme => {
  document.body.dataset.theme = theme;
  const isDark = (element, property) => {
    const [red, green, blue] = getComputedStyle(element)[property].match(/\\d+/g).map(Number);
    return red + green + blue < 3 * 128;
  };
  const diagrams = [...document.querySelectorAll("figure.diagram")];
  const isUnlike = (figure) =>
    isDark(figure, "backgroundColor") !== (theme === "dark") ||
    isDark(figure.querySelector("svg polygon"), "fill") !== (theme === "dark");
  return diagrams.filter(isUnlike).length;
}"""


class Page(HTMLParser):
    """The ids of a page, what it links to, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif (tag, name) in LOADING and value:
                self.loads.append(value)
            elif (tag, name) == ("a", "href") and value:
                self.links.append(value)


@cache
def page(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def broken_links(pages: list[Path]) -> Iterator[str]:
    """Yield what points to a page, a file or an anchor that is not there."""
    for path in pages:
        for url in [*page(path).links, *page(path).loads]:
            where = urlsplit(url)
            if where.scheme or where.netloc:
                if url in page(path).loads and where.scheme != "data":
                    yield f"{path.relative_to(SITE)} loads {url}"
                continue
            target = (path.parent / unquote(where.path)).resolve() if where.path else path
            if not target.is_file():
                yield f"{path.relative_to(SITE)} links to {url}, which is not there"
            elif target.suffix == ".html" and where.fragment:
                anchor = unquote(where.fragment)
                if anchor not in page(target).ids:
                    yield f"{path.relative_to(SITE)} links to {url}: no such anchor"


def seen_in_a_browser(pages: list[Path], chromium: str) -> Iterator[str]:
    """Yield what is wrong with a page once a browser has opened it."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Page as Tab
    from playwright.sync_api import Request, sync_playwright

    axe = Axe()
    notes: list[str] = []

    def note_request(request: Request) -> None:
        if urlsplit(request.url).scheme not in ("file", "data", "about", "blob"):
            notes.append(f"asks {request.url}")

    def faults(tab: Tab) -> Iterator[str]:
        yield from notes
        if tab.locator("span.math, div.math").count() > tab.locator(".math .katex-html").count():
            yield "has a formula that was not set"
        root = "document.documentElement"
        excess = tab.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
        if excess > 0:
            yield f"scrolls sideways by {excess} px"
        # A stepper is a document of its own, with tests of its own.
        rules = {"type": "tag", "values": AXE_TAGS}
        found = axe.run(tab, context={"exclude": [["iframe"]]}, options={"runOnly": rules})
        for violation in found.response["violations"]:
            places = violation["nodes"]
            yield f"axe: {violation['id']}, {len(places)} times, as in {places[0]['html'][:160]}"
        for theme in ("light", "dark"):
            if unlike := tab.evaluate(UNLIKE_THE_PAGE, theme):
                yield f"switched to {theme} has {unlike} diagrams that do not follow"

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for view, (width, scheme) in VIEWS.items():
            tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            tab.on("pageerror", lambda error: notes.append(f"a script fails: {error}"))
            tab.on("request", note_request)
            for path in pages:
                notes.clear()
                tab.goto(path.as_uri())
                yield from (f"{path.relative_to(SITE)} ({view}) {fault}" for fault in faults(tab))
            tab.close()
        browser.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="look at pages with this in their path")
    options = parser.parse_args()
    everything = [path for path in sorted(SITE.rglob("*.html")) if "_modules" not in path.parts]
    pages = [path for path in everything if options.only in str(path.relative_to(SITE))]
    if not pages:
        print(f"There is no page in {SITE}. Build the book first: make docs")
        return 1
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        print("No Chromium here: links are checked, pages are not opened.")
    count = 0
    opened = seen_in_a_browser(pages, chromium) if chromium else ()
    for fault in chain(broken_links(pages), opened):
        print(fault, flush=True)
        count += 1
    print(f"{len(pages)} pages, {count} faults.")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
