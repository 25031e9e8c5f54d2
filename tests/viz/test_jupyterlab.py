"""A notebook in a real JupyterLab shows every picture, trusted or not.

It runs where JupyterLab is installed: pip install tinygraph's extra ``notebook``.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

pytest.importorskip("jupyterlab")
playwright = pytest.importorskip("playwright.sync_api")

CELLS = [
    "import tinygraph as tg\n"
    "model = tg.lab2.model(rng=0)\n"
    "X, T = tg.data.xor()\n"
    "_ = model.forward(x=X, t=T), model.backward()",
    "tg.render(model)",
    "tg.render(model, gradients=True)",
    "node = tg.Input('x', shape=(None, 2))\n"
    "for _ in range(39): node = tg.Tanh(node)\n"
    "tg.render(node)",
    "tg.step_through(model, x=X[:3], t=T[:3])",
    "tg.playground(model, tg.SGD(model.parameters), x=X, t=T)",
]
EXECUTE = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(history_length=0)
cells = []
for number, source in enumerate(json.load(sys.stdin), start=1):
    result = shell.run_cell(source).result
    shown = shell.display_formatter.format(result)[0] if result is not None else {}
    cells.append((number, source, shown))
print("\\n" + json.dumps(cells))
"""


def notebook(extra=""):
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE],
        input=json.dumps(CELLS),
        capture_output=True,
        text=True,
        check=True,
    )
    cells = []
    for number, source, data in json.loads(done.stdout.splitlines()[-1]):
        output = {"output_type": "execute_result", "execution_count": number, "metadata": {}}
        cells.append(
            {
                "cell_type": "code",
                "id": f"cell{number}",
                "execution_count": number,
                "metadata": {},
                "source": source + extra,
                "outputs": [{**output, "data": data}] if data else [],
            }
        )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A server with one notebook that is trusted, and one that is not."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "trusted.ipynb").write_text(json.dumps(notebook()), encoding="utf-8")
    # Trust belongs to the content: another text is not trusted.
    (folder / "student.ipynb").write_text(json.dumps(notebook("\n# mine")), encoding="utf-8")
    own = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **own}
    trust = [sys.executable, "-m", "jupyter", "trust", str(folder / "trusted.ipynb")]
    subprocess.run(trust, env=environment, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--port",
        str(port),
    ]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        address = f"http://127.0.0.1:{port}/lab"
        for _ in range(120):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(address).close()
                break
            time.sleep(0.5)
        yield address
        server.terminate()


def outputs(page, lab, name):
    page.set_viewport_size({"width": 1440, "height": 2400})
    page.goto(f"{lab}/tree/{name}.ipynb?reset", wait_until="domcontentloaded")
    shown = page.locator(".jp-OutputArea-output")
    playwright.expect(shown).to_have_count(len(CELLS) - 1, timeout=60_000)
    return shown


def test_a_trusted_notebook_shows_the_live_pictures(page, lab):
    shown = outputs(page, lab, "trusted")
    for place in range(3):
        live = shown.nth(place).locator("svg.tinygraph")
        playwright.expect(live).to_be_visible()
        assert live.bounding_box()["width"] <= shown.nth(place).bounding_box()["width"]
        playwright.expect(shown.nth(place).locator("img")).to_be_hidden()
    playwright.expect(shown.nth(3).locator("iframe")).to_be_visible()
    playground = shown.nth(4).frame_locator("iframe")
    playground.locator("#one-epoch").click()
    playwright.expect(playground.locator("#epoch")).to_have_text("1")


def test_a_notebook_without_trust_shows_still_pictures_and_a_sentence(page, lab):
    shown = outputs(page, lab, "student")
    for place in range(5):
        output = shown.nth(place)
        still = output.locator("img")
        playwright.expect(still).to_be_visible()
        assert still.evaluate("image => image.naturalWidth") > 300
        playwright.expect(output).to_contain_text("the notebook is not trusted")
        assert output.inner_text().strip().startswith("This is a still picture")


def own_colours(page):
    """Return a page whose colour scheme is the system's: Playwright would tell it to all frames."""
    context = page.context.browser.new_context(color_scheme="null")
    return context.new_page()


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_a_stepper_is_as_dark_as_jupyterlab(page, lab, theme):
    tab = own_colours(page)
    shown = outputs(tab, lab, "trusted")
    tab.get_by_role("menuitem", name="Settings").click()
    tab.locator(".lm-Menu-itemLabel", has_text="Theme").first.hover()
    tab.locator(".lm-Menu-itemLabel", has_text=f"JupyterLab {theme}").first.click()
    playwright.expect(tab.locator("body")).to_have_attribute(
        "data-jp-theme-light", str(theme == "Light").lower()
    )
    stepper = shown.nth(3).frame_locator("iframe")
    playwright.expect(stepper.locator("html")).to_have_attribute("data-theme", theme.lower())
    tab.context.close()


def test_a_stepper_opens_in_its_own_tab(page, lab):
    shown = outputs(page, lab, "trusted")
    stepper = shown.nth(3).frame_locator("iframe")
    stepper.locator("#next").click()
    with page.expect_popup() as popup:
        stepper.get_by_role("link", name="Own tab").click()
    tab = popup.value
    playwright.expect(tab.locator("#count")).to_contain_text("step 1 of")
    tab.keyboard.press("ArrowRight")
    playwright.expect(tab.locator("#count")).to_contain_text("step 2 of")
    playwright.expect(tab.locator("#own-tab")).to_be_hidden()
