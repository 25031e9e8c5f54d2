"""A notebook in a real JupyterLab shows every picture and every text, trusted or not.

The cells are run by a real kernel. JupyterLab then opens two notebooks with these outputs: one that
is trusted, and one that is not, such as the submission of a student.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

if not os.environ.get("TINYGRAPH_NEED_BROWSER"):
    pytest.importorskip("jupyterlab")
    pytest.importorskip("playwright")
from playwright.sync_api import expect

START = """\
import tinygraph as tg
model = tg.lab2.model(rng=0)
optimizer = tg.Adam(model.parameters, lr=0.1)
X, T = tg.data.xor()
_ = model.forward(x=X, t=T), model.backward()"""

TRAIN = """\
film = tg.plots.animate(model, X, T, resolution=20)
history = tg.fit(model, optimizer, x=X, t=T, epochs=60, print_interval=20, callback=film,
                 callback_interval=20)"""

LONG = """\
node = tg.Input('x', shape=(None, 2))
for _ in range(39): node = tg.Tanh(node)
tg.render(node)"""

WRONG = """\
class Wrong(tg.Op):
    def forward(self, x): return x * x
    def backward(self, g, y, x): return g * x
tg.gradcheck(tg.Graph(tg.Sum(Wrong(tg.Parameter([1.0, 2.0], name="w"), name="square"))))"""

STEPPER = "tg.step_through(model, optimizer, x=X[:3], t=T[:3])"
PLAYGROUND = "tg.playground(model, optimizer, x=X, t=T)"

LIVE = {
    "tg.render(model)": "svg.tinygraph",
    "tg.render(model, gradients=True)": "svg.tinygraph",
    LONG: "svg.tinygraph",
    WRONG: "svg.tinygraph",
    STEPPER: "iframe",
    PLAYGROUND: "iframe",
}
"""Cells with an interactive picture. Without trust it is a still picture and a sentence."""

STILL = (
    "history.plot()",
    "tg.plots.learning_curve({'one run': history, 'a list': [1, 0.5, 0.1]})",
    "tg.plots.accuracy_curve(history)",
    "tg.plots.points(X, T)",
    "tg.plots.decision_regions(model, X, T)",
    "tg.plots.truth_and_prediction(X, T, model.predict(x=X))",
    "tg.plots.confusion_matrix(T, model.predict(x=X))",
    "tg.plots.images(tg.data.digits()[0][:6])",
    "tg.plots.worst_mistakes(tg.data.digits()[0][:2], [0, 1], [[0.9, 0.1], [0.7, 0.3]])",
    "film",
)
"""Cells with a picture that needs no trust."""

TEXTS = {
    "tg.derive(model, 'layer1/W')": "layer1/W",
    "tg.gradcheck(model, x=X, t=T)": "All derivatives are right",
    "tg.diagnose(model)": "layer1",
    "model.summary()": "parameters",
    "print(tg.derive(model, 'layer3/b'))": "∂L",
    "print(tg.diagnose(model))": "layer1",
    "print(tg.gradcheck(model, x=X, t=T))": "complex step",
}
"""Cells with a text, and a part of it."""

CELLS = [START, TRAIN, *LIVE, *STILL, *TEXTS]


def notebook():
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{number}",
            "execution_count": None,
            "metadata": {},
            "source": source,
            "outputs": [],
        }
        for number, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def jupyter(folder, *arguments):
    own = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env={**os.environ, **own}, cwd=folder, **quiet)


def write_notebooks(folder):
    """Run the cells in a kernel, and save the notebook once with and once without trust."""
    (folder / "trusted.ipynb").write_text(json.dumps(notebook()), encoding="utf-8")
    run = ("jupyter", "nbconvert", "--to=notebook", "--execute", "--inplace", "trusted.ipynb")
    assert jupyter(folder, *run).wait() == 0
    done = json.loads((folder / "trusted.ipynb").read_text(encoding="utf-8"))
    for cell in done["cells"]:
        # Trust belongs to the content: another text is not trusted.
        cell["source"] = [*cell["source"], "\n# mine"]
    (folder / "student.ipynb").write_text(json.dumps(done), encoding="utf-8")
    assert jupyter(folder, "jupyter", "trust", "trusted.ipynb").wait() == 0


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Return the address of a JupyterLab with both notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--port", str(port), "--IdentityProvider.token="]
    with (
        ThreadPoolExecutor() as pool,
        jupyter(folder, "jupyterlab", *options, f"--ServerApp.root_dir={folder}") as server,
    ):
        try:
            writing = pool.submit(write_notebooks, folder)
            address = f"http://127.0.0.1:{port}/lab"
            for _ in range(240):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(address).close()
                    break
                time.sleep(0.25)
            writing.result()
            yield address
        finally:
            server.terminate()


def outputs(page, lab, name):
    """Open a notebook, and return the outputs of each cell, by its source."""
    page.set_viewport_size({"width": 1440, "height": 18_000})
    page.goto(f"{lab}/tree/{name}.ipynb?reset", wait_until="domcontentloaded")
    cells = page.locator(".jp-CodeCell")
    expect(cells).to_have_count(len(CELLS), timeout=60_000)
    return {source: cells.nth(k).locator(".jp-OutputArea-output") for k, source in enumerate(CELLS)}


def check_a_trusted_notebook_shows_live_pictures(page, lab):
    shown = outputs(page, lab, "trusted")
    for source, kind in LIVE.items():
        live = shown[source].locator(kind)
        expect(live).to_be_visible()
        assert live.bounding_box()["width"] <= shown[source].bounding_box()["width"]
        expect(shown[source].locator("img")).to_be_hidden()
    playground = shown[PLAYGROUND].frame_locator("iframe")
    playground.locator("#one-epoch").click()
    expect(playground.locator("#epoch")).to_have_text("1")
    check_still_pictures_and_texts(shown)


def check_a_notebook_without_trust_shows_still_pictures_and_a_sentence(page, lab):
    shown = outputs(page, lab, "student")
    for source in LIVE:
        still = shown[source].locator("img")
        expect(still).to_be_visible()
        assert still.evaluate("image => image.naturalWidth") > 300, source
        expect(shown[source]).to_contain_text("the notebook is not trusted")
        if source != WRONG:  # its table stands around the picture
            text = shown[source].inner_text()
            assert text.strip().startswith("This is a still picture"), text
    check_still_pictures_and_texts(shown)


def check_still_pictures_and_texts(shown):
    for source in STILL:
        picture = shown[source].locator("img")
        expect(picture).to_have_count(1)
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") > 100, source
        assert picture.bounding_box()["width"] <= shown[source].last.bounding_box()["width"]
    for source, part in TEXTS.items():
        expect(shown[source]).to_contain_text(part)


def own_colours(page):
    """Return a page whose colour scheme is the system's: Playwright would tell it to all frames."""
    context = page.context.browser.new_context(color_scheme="null")
    return context.new_page()


def check_a_stepper_is_as_dark_as_jupyterlab(page, lab, theme):
    tab = own_colours(page)
    shown = outputs(tab, lab, "trusted")
    tab.get_by_role("menuitem", name="Settings").click()
    tab.locator(".lm-Menu-itemLabel", has_text="Theme").first.hover()
    tab.locator(".lm-Menu-itemLabel", has_text=f"JupyterLab {theme}").first.click()
    expect(tab.locator("body")).to_have_attribute(
        "data-jp-theme-light", str(theme == "Light").lower()
    )
    stepper = shown[STEPPER].frame_locator("iframe")
    expect(stepper.locator("html")).to_have_attribute("data-theme", theme.lower())
    tab.context.close()


def check_a_stepper_opens_in_its_own_tab(page, lab):
    shown = outputs(page, lab, "trusted")
    stepper = shown[STEPPER].frame_locator("iframe")
    stepper.locator("#next").click()
    with page.expect_popup() as popup:
        stepper.get_by_role("link", name="Own tab").click()
    tab = popup.value
    expect(tab.locator("#count")).to_contain_text("step 1 of")
    tab.keyboard.press("ArrowRight")
    expect(tab.locator("#count")).to_contain_text("step 2 of")
    expect(tab.locator("#own-tab")).to_be_hidden()


def test_a_real_jupyterlab(page, lab):
    """One test, because each process that runs tests would start its own JupyterLab."""
    check_a_trusted_notebook_shows_live_pictures(page, lab)
    check_a_stepper_opens_in_its_own_tab(page, lab)
    check_a_notebook_without_trust_shows_still_pictures_and_a_sentence(page, lab)
    for theme in ("Dark", "Light"):
        check_a_stepper_is_as_dark_as_jupyterlab(page, lab, theme)
