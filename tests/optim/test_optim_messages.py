"""The error messages of optim, quoted in full."""

import pytest
from messages import NOBODY, check_message

MESSAGES = [
    (
        (
            "class Odd:\n    def __iter__(self): raise ValueError('no')\n"
            "    def __repr__(self): return 'Odd()'\ntg.SGD(Odd())"
        ),
        "ArgumentTypeError",
        (
            "An optimizer takes the parameters to train, such as model.parameters; got Odd(), "
            "which fails to give them: ValueError: no"
        ),
        NOBODY,
    ),
    (
        "tg.SGD(3)",
        "ArgumentTypeError",
        "An optimizer takes the parameters to train, such as model.parameters; got 3.",
        NOBODY,
    ),
    (
        "tg.SGD([])",
        "ArgumentError",
        "An optimizer needs at least one parameter to train; got none.",
        NOBODY,
    ),
    (
        "tg.SGD([a])",
        "ArgumentTypeError",
        'An optimizer trains Parameter nodes; among them came <Input "a" (B, 2)>.',
        NOBODY,
    ),
    (
        "tg.SGD([b, b])",
        "ArgumentError",
        "An optimizer takes each parameter once; one of them came twice.",
        NOBODY,
    ),
    (
        "tg.SGD([b], lr=0)",
        "ArgumentError",
        "lr of SGD must be a finite number above 0; got 0.",
        NOBODY,
    ),
    (
        'tg.SGD([b], lr="1")',
        "ArgumentTypeError",
        "lr of SGD must be a number; got '1'.",
        NOBODY,
    ),
    (
        "tg.SGD([b], lr=True)",
        "ArgumentTypeError",
        "lr of SGD must be a number; got True.",
        NOBODY,
    ),
    (
        "tg.Momentum([b], beta=1)",
        "ArgumentError",
        "beta of Momentum must be at least 0 and below 1; got 1.",
        NOBODY,
    ),
    (
        "tg.Adam([b], eps=0)",
        "ArgumentError",
        "eps of Adam must be a finite number above 0; got 0.",
        NOBODY,
    ),
    (
        "tg.SGD([b], beta=1)",
        "ArgumentTypeError",
        "SGD takes parameters, lr; got an unexpected keyword argument 'beta'.",
        NOBODY,
    ),
    (
        "tg.SGD([b]).load_state(3)",
        "ArgumentTypeError",
        "load_state takes what state() gave; got 3.",
        NOBODY,
    ),
    (
        "tg.SGD([b]).load_state({})",
        "ArgumentError",
        "A state of SGD has an entry 'kind'; this one has none.",
        NOBODY,
    ),
    (
        'state(kind="SGD")',
        "ArgumentError",
        "This optimizer is Adam; the state is of 'SGD'.",
        NOBODY,
    ),
    (
        "state(kind=[1])",
        "ArgumentError",
        "This optimizer is Adam; the state is of [1].",
        NOBODY,
    ),
    (
        "state(steps=-1)",
        "ArgumentError",
        "steps must be a whole number of at least 0; the state has -1.",
        NOBODY,
    ),
    (
        "state(steps=2**53)",
        "ArgumentError",
        "steps must be a whole number of at least 0; the state has 9007199254740992.",
        NOBODY,
    ),
    (
        "state(steps=True)",
        "ArgumentError",
        "steps must be a whole number of at least 0; the state has True.",
        NOBODY,
    ),
    (
        'state(steps="1")',
        "ArgumentError",
        "steps must be a whole number of at least 0; the state has '1'.",
        NOBODY,
    ),
    (
        "state(hyperparameters=3)",
        "ArgumentTypeError",
        "The hyperparameters in a state must be numbers by name; got 3.",
        NOBODY,
    ),
    (
        'state(hyperparameters={"beta": 0.9})',
        "UnknownNameError",
        'Adam has no \'beta\'. Did you mean "beta2"? Valid: "lr", "beta1", "beta2", "eps".',
        NOBODY,
    ),
    (
        'state(hyperparameters={"lr": -1})',
        "ArgumentError",
        "A state of Adam has its beta1; this one has none.",
        NOBODY,
    ),
    (
        'state(hyperparameters={"lr": 0.1})',
        "ArgumentError",
        "A state of Adam has its beta1; this one has none.",
        NOBODY,
    ),
    (
        "state(memory=3)",
        "ArgumentTypeError",
        "The memory in a state must be a list with one entry for each parameter; got 3.",
        NOBODY,
    ),
    (
        "state(memory=[])",
        "ArgumentError",
        "The state remembers 0 parameters; this optimizer has 1.",
        NOBODY,
    ),
    (
        "state(memory=[{}])",
        "ArgumentError",
        'The m of Parameter "w" in a state of Adam is missing.',
        NOBODY,
    ),
    (
        "state(memory=[3])",
        "ArgumentError",
        'The m of Parameter "w" in a state of Adam is missing.',
        NOBODY,
    ),
    (
        'state(memory=[{"m": np.ones(2), "v": np.ones(3)}])',
        "ShapeError",
        (
            'The v of Parameter "w" in a state of Adam must have the parameter\'s shape, (2,); '
            "got (3,)."
        ),
        "w",
    ),
]


@pytest.mark.parametrize(
    ("code", "kind", "message", "node"),
    MESSAGES,
    ids=[f"{k}-{row[1]}" for k, row in enumerate(MESSAGES)],
)
def test_a_message_in_full(code, kind, message, node):
    check_message(code, kind, message, node)
