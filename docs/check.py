"""Check the built book as its readers see it: ``make docs-check``.

These checks need no browser: every link within the book leads to a page and an anchor that exist,
and no page loads anything from another site.  The other checks open each page in Chromium, at the
width of a desktop and of a phone, light and dark.  (Without Chromium they are skipped, and the
output says so.)  No request leaves the site, no script fails, every formula is rendered, the page
does not scroll sideways, and axe-core finds nothing.  Diagrams and plots follow the page's switch
for dark mode.  The steppers and playgrounds pass the same checks.  On a desktop, their numbers are
visible without scrolling, they do not take keys from the page, and the text of diagrams is at least
11 pixels high.
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
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Frame, Locator, Request
    from playwright.sync_api import Page as Tab

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

SMALLEST_TEXT = 11
"""The height of the smallest text in a diagram of a page, in CSS pixels."""

# How many diagrams and plots are light on a dark page, or dark on a light one.
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
  const plots = [...document.querySelectorAll("article img:not(.toggler, .inverted-in-the-dark)")];
  const own = { light: "only-light", dark: "only-dark" }[theme];
  const isOther = (plot) => plot.classList.contains(own) !== (plot.offsetParent !== null);
  return diagrams.filter(isUnlike).length + plots.filter(isOther).length;
}"""

# The heights of all texts of the page's diagrams, in CSS pixels.
TEXT_HEIGHTS = """() =>
  [...document.querySelectorAll("figure.diagram svg :is(text, tspan)")]
    .filter((text) => text.textContent.trim())
    .map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""

# The numbers that must be in view when the top of a stepper or a playground is.
NUMBERS = {"stepper": "#panel .array >> nth=0", "playground": "#loss"}
# How many steppers and playgrounds are loaded although they are far below the window.
LOADED_EARLY = """() =>
  [...document.querySelectorAll("figure.live iframe[src]")]
    .filter((frame) => frame.getBoundingClientRect().top > window.innerHeight + 200).length"""
COUNTER = "#count, #epoch"
IN_VIEW = """number => {
  const { top, bottom } = number.getBoundingClientRect();
  return top >= 0 && bottom <= window.innerHeight;
}"""


class Page(HTMLParser):
    """The ids of a page, its links, and the addresses that it loads."""

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
    """Yield a sentence for each link to a page, a file or an anchor that does not exist."""
    for path in pages:
        for url in [*page(path).links, *page(path).loads]:
            where = urlsplit(url)
            if where.scheme or where.netloc:
                if url in page(path).loads and where.scheme != "data":
                    yield f"{path.relative_to(SITE)} loads {url}"
                continue
            target = (path.parent / unquote(where.path)).resolve() if where.path else path
            if not target.is_file():
                yield f"{path.relative_to(SITE)} links to {url}, which does not exist"
            elif target.suffix == ".html" and where.fragment:
                anchor = unquote(where.fragment)
                if anchor not in page(target).ids:
                    yield f"{path.relative_to(SITE)} links to {url}: no such anchor"


class Browser:
    """Open the pages in Chromium, and report their faults."""

    def __init__(self, chromium: str) -> None:
        self._chromium = chromium
        import axe_playwright_python

        axe = Path(axe_playwright_python.__file__).parent / "axe.min.js"
        self._axe = axe.read_text(encoding="utf-8")
        self._notes: list[str] = []

    def faults(self, pages: list[Path]) -> Iterator[str]:
        """Yield the faults of all pages in all views."""
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=self._chromium, args=FLAGS)
            for view, (width, scheme) in VIEWS.items():
                size = {"width": width, "height": 900}
                tab = browser.new_page(viewport=size, color_scheme=scheme)
                tab.on("pageerror", lambda error: self._notes.append(f"a script fails: {error}"))
                tab.on("console", self._note_message)
                tab.on("request", self._note_request)
                for path in pages:
                    if path.parent.name == "live" and view == "dark":
                        continue  # it was seen in the dark inside its page
                    self._notes.clear()
                    tab.goto(path.as_uri())
                    where = f"{path.relative_to(SITE)} ({view})"
                    yield from (f"{where} {fault}" for fault in self._faults_of_page(tab, view))
                tab.close()
            browser.close()

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._notes.append(f"writes to the console: {message.text}")

    def _note_request(self, request: Request) -> None:
        if urlsplit(request.url).scheme not in ("file", "data", "about", "blob"):
            self._notes.append(f"requests {request.url}")

    def _faults_of_page(self, tab: Tab, view: str) -> Iterator[str]:
        if (
            tab.locator("span.math, div.math").count()
            > tab.locator(".math :is(.katex-html, math)").count()
        ):
            yield "has a formula that was not rendered"
        yield from self._faults_of_document(tab.main_frame)
        for theme in ("light", "dark"):
            if unlike := tab.evaluate(UNLIKE_THE_PAGE, theme):
                yield f"switched to {theme} has {unlike} diagrams or plots that do not follow"
        heights = tab.evaluate(TEXT_HEIGHTS)
        if view != "phone" and min(heights, default=SMALLEST_TEXT) < SMALLEST_TEXT - 0.05:
            yield f"has diagrams with text of {min(heights):.1f} px"
        tab.evaluate("document.body.dataset.theme = 'auto'")
        if early := tab.evaluate(LOADED_EARLY):
            yield f"loads {early} steppers or playgrounds before they are near"
        for figure in tab.locator("figure.live").all():
            yield from self._faults_of_figure(tab, figure, view)
        yield from self._notes

    def _faults_of_document(self, frame: Frame) -> Iterator[str]:
        root = "document.documentElement"
        excess = frame.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
        if excess > 0:
            yield f"scrolls sideways by {excess} px"
        frame.evaluate(self._axe)
        # A frame is a separate document, and is checked separately.
        options = {"runOnly": {"type": "tag", "values": AXE_TAGS}, "iframes": False}
        options["preload"] = False  # style sheets of files cannot be read again
        for violation in frame.evaluate("options => axe.run(options)", options)["violations"]:
            places = violation["nodes"]
            yield f"axe: {violation['id']}, {len(places)} times, as in {places[0]['html'][:160]}"

    def _faults_of_figure(self, tab: Tab, figure: Locator, view: str) -> Iterator[str]:
        """Scroll to one stepper or playground as a reader does, and yield its faults."""
        element = figure.locator("iframe")
        kind = element.get_attribute("class") or ""
        figure.evaluate("figure => figure.scrollIntoView({ block: 'start' })")
        document = figure.frame_locator("iframe")
        start = document.locator(COUNTER).inner_text()
        for key in ("ArrowRight", "End", "Home"):
            tab.keyboard.press(key)
        figure.evaluate("figure => figure.scrollIntoView({ block: 'start' })")
        if document.locator(COUNTER).inner_text() != start:
            yield f"has a {kind} that takes keys before it is used"
        handle = element.element_handle()
        frame = handle.content_frame() if handle else None
        assert frame
        yield from (f"has a {kind} that {fault}" for fault in self._faults_of_document(frame))
        is_dark = document.locator("html").get_attribute("data-theme") == "dark"
        if is_dark != (view == "dark"):
            yield f"has a {kind} that is not as dark as the page"
        if view != "phone" and not document.locator(NUMBERS[kind]).evaluate(IN_VIEW):
            yield f"has a {kind} whose numbers are out of view"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="check only pages with this text in their path")
    options = parser.parse_args()
    everything = [path for path in sorted(SITE.rglob("*.html")) if "_modules" not in path.parts]
    pages = [path for path in everything if options.only in str(path.relative_to(SITE))]
    if not pages:
        print(f"{SITE} contains no pages. Build the book first: make docs")
        return 1
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        print("Chromium was not found: links are checked, but pages are not opened.")
    count = 0
    opened = Browser(chromium).faults(pages) if chromium else ()
    for fault in chain(broken_links(pages), opened):
        print(fault, flush=True)
        count += 1
    print(f"{len(pages)} pages, {count} faults.")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
