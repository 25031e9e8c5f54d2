"""The error messages of check, quoted in full."""

import pytest
from messages import NOBODY, check_message

MESSAGES = [
    (
        "tg.gradcheck(b)",
        "ArgumentError",
        (
            "gradcheck compares the derivatives of ops, element by element; this graph has "
            "no op. Pass a graph with ops, and feeds of at least one sample."
        ),
        NOBODY,
    ),
    (
        "tg.gradcheck(tg.Sum(a), a=np.ones((0, 2)))",
        "ArgumentError",
        (
            "gradcheck compares the derivatives of ops, element by element; this graph has "
            "no element to compare. Pass a graph with ops, and feeds of at least one "
            "sample."
        ),
        NOBODY,
    ),
]


@pytest.mark.parametrize(
    ("code", "kind", "message", "node"),
    MESSAGES,
    ids=[f"{k}-{row[1]}" for k, row in enumerate(MESSAGES)],
)
def test_a_message_in_full(code, kind, message, node):
    check_message(code, kind, message, node)
