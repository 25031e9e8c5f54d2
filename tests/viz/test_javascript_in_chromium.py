"""JavaScript programs in Chromium: the numbers of Python, as in node."""

from __future__ import annotations

from javascript import assert_equal_nodes, gradients_code, random_cases


def test_random_graphs_have_the_gradients_of_python(quiet_page):
    cases = random_cases(60, seed=1)
    code, job = gradients_code(cases)
    found = quiet_page.evaluate(f"JOB => {{ {code} return results; }}", job)
    for (graph, feeds), nodes in zip(cases, found, strict=True):
        assert_equal_nodes(graph, feeds, nodes)
