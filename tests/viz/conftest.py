"""A real browser, and a page of the stepper to open in it."""

import os
import shutil

import pytest

import tinygraph as tg

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
X, T = tg.data.xor()


@pytest.fixture(scope="session")
def browser_type_launch_args():
    paths = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    path = next(filter(None, paths), None)
    if path is None and os.environ.get("TINYGRAPH_NEED_BROWSER"):
        pytest.fail("there is no Chromium on PATH, and TINYGRAPH_NEED_BROWSER asks for one")
    if path is None:
        pytest.skip("pages are tested in a real browser; there is no Chromium on PATH")
    return {"executable_path": path, "args": FLAGS}


@pytest.fixture
def quiet_page(context):
    """A page that may neither ask the network for anything nor complain."""
    complaints = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            request.url.startswith(("file:", "data:", "about:")) or complaints.append(request.url)
        ),
    )
    yield page
    assert complaints == []


@pytest.fixture(scope="session")
def lab2_stepper():
    model = tg.lab2.model(rng=0)
    return tg.step_through(model, tg.Adam(model.parameters, lr=0.1), x=X, t=T)


@pytest.fixture(scope="session")
def lab2_page(lab2_stepper, tmp_path_factory):
    return lab2_stepper.save(tmp_path_factory.mktemp("page") / "lab2.html").as_uri()
