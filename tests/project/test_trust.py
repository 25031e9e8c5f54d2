"""The page of figures says what the campaigns counted, and no campaign counted a failure."""

from campaigns import figures, survivors


def test_the_page_shows_the_data():
    assert figures.PAGE.read_text(encoding="utf-8") == figures.page(figures.read())


def test_every_campaign_was_run_for_long_and_met_no_failure():
    data = figures.read()
    assert set(data) == set(figures.CAMPAIGNS)
    assert data["fuzz"]["bad_inputs"] >= 100_000
    assert data["fuzz"]["failures"] == 0
    assert data["graphs"]["graphs"] >= 5_000
    assert data["graphs"]["largest_relative_difference"] < 1e-12
    assert data["curvature"]["largest_relative_difference"] < 1e-9
    assert data["graphs"]["largest_relative_difference_compiled"] < 1e-12
    assert data["pytorch"]["largest_relative_difference_float64"] < 1e-12
    assert data["pytorch"]["largest_relative_difference_float64_second_derivatives"] < 1e-12
    assert data["pytorch"]["largest_relative_difference_float32"] < 1e-5
    assert data["kills"]["kills"] >= 200
    assert data["kills"]["lost"] == 0
    mutants = data["mutants"]
    assert mutants["killed"] + mutants["survived"] == mutants["tried"] <= mutants["made"]


def test_every_mutant_that_survived_is_explained():
    found = survivors.read()
    assert len(found) == figures.read()["mutants"]["survived"]
    assert [s for s in found if survivors.kind_of(s) is None] == []
    assert {survivors.kind_of(s).title for s in found} == {kind.title for kind in survivors.KINDS}
    assert survivors.PAGE.read_text(encoding="utf-8") == survivors.page(found)
