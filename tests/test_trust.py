"""The page of figures says what the campaigns counted."""

from campaigns import figures


def test_the_page_shows_the_data():
    assert figures.PAGE.read_text(encoding="utf-8") == figures.page(figures.read())
