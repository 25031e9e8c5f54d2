"""The stepper's page inside a notebook or a book, in a real browser."""

import pytest
from playwright.sync_api import expect


def test_two_viewers_on_one_page_are_independent(page, lab2_stepper, tmp_path):
    viewer = lab2_stepper._repr_html_().replace('loading="lazy"', "")
    both = tmp_path / "notebook.html"
    both.write_text(f"<!doctype html><title>notebook</title>{viewer}{viewer}", encoding="utf-8")
    page.goto(both.as_uri())
    first, second = (page.frame_locator("iframe").nth(k) for k in (0, 1))
    expect(second.locator("#count")).to_have_text("step 1 of 26")
    first.locator("#next").click()
    first.locator("#next").click()
    second.locator("#next").click()
    expect(first.locator("#count")).to_have_text("step 3 of 26")
    expect(second.locator("#count")).to_have_text("step 2 of 26")
    first.locator("#theme").click()
    expect(second.locator("html")).to_have_attribute("data-theme", "light")
    assert "#" not in page.url


@pytest.fixture
def framed(page, lab2_stepper, tmp_path):
    """The viewer as a notebook or a book embeds it."""
    around = tmp_path / "around.html"
    viewer = lab2_stepper._repr_html_().replace('loading="lazy"', "")
    around.write_text(f"<!doctype html><title>around</title>{viewer}", encoding="utf-8")
    page.goto(around.as_uri())
    return page.frame_locator("iframe")


def test_an_embedded_viewer_takes_the_keys_only_while_it_is_used(page, framed):
    expect(framed.locator("#count")).to_have_text("step 1 of 26")
    framed.locator("#headline").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    expect(framed.locator("#count")).to_have_text("step 1 of 26")
    framed.locator("#next").click()
    page.keyboard.press("ArrowRight")
    expect(framed.locator("#count")).to_have_text("step 3 of 26")


@pytest.mark.parametrize("how", ["Check", "Enter"])
def test_an_embedded_viewer_checks_a_typed_answer(page, framed, how):
    framed.locator("#predict").check()
    answer = framed.locator(".question input[type=text], #panel input[type=text]").first
    for _ in range(25):
        if answer.count():
            break
        framed.locator("#next").click()
    answer.fill("123")
    if how == "Check":
        framed.get_by_role("button", name="Check").click()
    else:
        answer.press("Enter")
    expect(framed.locator(".feedback")).not_to_be_empty()


def test_the_page_around_a_viewer_can_switch_its_theme(page, lab2_stepper, tmp_path):
    around = tmp_path / "book.html"
    around.write_text(
        f"<!doctype html><title>book</title>{lab2_stepper._repr_html_()}", encoding="utf-8"
    )
    page.goto(around.as_uri())
    viewer = page.frame_locator("iframe")
    expect(viewer.locator("#count")).to_have_text("step 1 of 26")
    for theme in ("dark", "light", "none of these"):
        page.evaluate("theme => frames[0].postMessage({ theme }, '*')", theme)
    page.evaluate("frames[0].postMessage('dark', '*')")
    expect(viewer.locator("html")).to_have_attribute("data-theme", "light")
    page.evaluate("frames[0].postMessage({ theme: 'dark' }, '*')")
    expect(viewer.locator("html")).to_have_attribute("data-theme", "dark")
