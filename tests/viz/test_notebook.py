"""A diagram in a notebook: live where it is trusted, a still picture where it is not."""

import re
from base64 import b64decode
from html import unescape

import numpy as np
import pytest

import tinygraph as tg


def small():
    return tg.render(tg.Graph(tg.Sum(tg.Input("x", shape=(None, 2)), name="loss")))


def wide(group=""):
    count = 10 if group else 16
    node = tg.Input("x", shape=(None, 2))
    for k in range(count):
        node = tg.Tanh(node, name=f"{group.format(k // 2)}h{k}")
    return tg.render(node)


def test_a_notebook_gets_html_a_png_and_text():
    diagram = small()
    bundle = diagram._repr_mimebundle_()
    assert bundle["text/plain"] == "<Diagram of 2 nodes>"
    assert b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/html"] == diagram._repr_html_()
    assert diagram.svg in bundle["text/html"]


def test_without_styles_and_svg_a_still_picture_and_a_sentence_remain():
    page = small()._repr_html_()
    sanitized = re.sub(r"<style>.*?</style>|<svg.*</svg>", "", page, flags=re.DOTALL)
    live, still = sanitized.split("-figure-still")
    assert re.search(r'<div id="[^"]*-figure-live" style="display:none">', live)
    assert '<img src="data:image/png;base64,' in still
    assert "the notebook is not trusted" in still


def test_a_trusted_notebook_hides_the_still_picture():
    style = "".join(re.findall("<style>(.*?)</style>", small()._repr_html_()))
    assert re.search(r"-figure-live\{display:block!important\}", style)
    assert re.search(r"-figure-still\{display:none\}", style)


def test_a_small_diagram_fits_the_page_and_can_be_enlarged():
    page = small()._repr_html_()
    assert 'style="max-width:100%;height:auto"' in page
    assert re.search(r'<input type="checkbox" id="[^"]*-figure-full">', page)


@pytest.mark.parametrize("group", ["", "layer{}/"])
def test_a_wide_diagram_scrolls_at_full_size_with_advice(group):
    page = unescape(wide(group)._repr_html_())
    assert re.search(r'<input type="checkbox" id="[^"]*-figure-full" checked>', page)
    assert ("depth=0" in page) is bool(group)
    assert 'around="…"' in page


def test_the_still_picture_of_a_diagram_in_rows_has_the_rows_too():
    node = tg.Input("x", shape=(None, 2))
    for _ in range(39):
        node = tg.Tanh(node)
    bundle = tg.render(node)._repr_mimebundle_()
    assert "image/png" not in bundle
    still = re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', bundle["text/html"])[1]
    assert b64decode(still).count(b"<svg") > 2


def test_an_untrusted_stepper_leaves_a_picture_and_a_sentence():
    model = tg.Graph(tg.Sum(tg.Parameter([1.0, 2.0], name="w"), name="loss"))
    page = tg.step_through(model)._repr_html_()
    sanitized = re.sub(r"<style>.*?</style>|<iframe.*</iframe>", "", page, flags=re.DOTALL)
    assert "the notebook is not trusted" in sanitized
    assert '<img src="data:image/png;base64,' in sanitized


def test_the_text_of_the_still_picture_is_escaped():
    diagram = tg.render(tg.Graph(tg.Sum(tg.Input('"><script>', shape=(None, 2)))))
    assert "<script" not in diagram._repr_html_()


def trained(scale):
    w = tg.Parameter(np.full((2, 2), 0.5), name="w")
    model = tg.Graph(tg.Sum(w * w, name="loss"))
    model.forward()
    model.backward()
    before = tg.render(model, gradients=True)
    w.value = np.full((2, 2), scale)
    model.forward()
    model.backward()
    return before, tg.render(model, gradients=True)


@pytest.mark.parametrize("scale", [0.01, 8.0])
def test_two_pictures_share_a_scale_on_request(scale):
    before, after = trained(scale)
    first, second = before.on_scale_of(after), after.on_scale_of(before)
    legend = re.compile(r"label=<.*?>\s*labelloc", re.DOTALL)
    assert legend.search(first.dot)[0] == legend.search(second.dot)[0]
    assert legend.search(before.dot)[0] != legend.search(after.dot)[0]
    # The wider of the two scales is kept.
    wider = after if scale > 1 else before
    same = second if scale > 1 else first
    colours = re.compile('bgcolor="(#[0-9a-f]{6})"')
    assert set(colours.findall(wider.dot)) <= set(colours.findall(same.dot))


def test_a_picture_keeps_its_numbers_when_the_model_goes_on():
    before, after = trained(8.0)
    assert "0.5" in before.svg
    assert before.on_scale_of(before).dot == before.dot
    assert after.on_scale_of(before).dot != before.on_scale_of(after).dot


def test_only_diagrams_share_a_scale():
    with pytest.raises(tg.TinygraphError, match=r"on_scale_of takes diagrams.*got 3"):
        small().on_scale_of(3)
