"""How nodes, optimizers and graphs look in a terminal."""

import numpy as np
import pytest

import tinygraph as tg


def test_what_a_node_looks_like():
    assert repr(tg.Input("a", shape=(None, 2))) == '<Input "a" (B, 2)>'
    assert repr(tg.Parameter(1.0)) == "<Parameter (unnamed) ()>"
    with pytest.raises(tg.TinygraphError) as caught:
        tg.AddBias(tg.Input("a", shape=(None, 2)), tg.Parameter(np.ones(3), name="b"), name="z")
    assert repr(caught.value.node) == '<AddBias "z" (refused)>'


def test_what_an_optimizer_and_a_graph_look_like():
    assert (
        repr(tg.Adam([tg.Parameter(np.ones(3), name="b")]))
        == "<Adam lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, 0 steps taken>"
    )
    assert repr(tg.lab2.model(rng=0)) == (
        '<Graph of 18 nodes, 37 numbers in 6 parameters, output MSE "loss">'
    )


def test_a_summary_to_the_letter():
    x = tg.Input("x", shape=(None, 2))
    W = tg.Parameter(np.ones((2, 3)), name="W")
    model = tg.Graph(tg.Sum(tg.AddBias(tg.MatMul(x, W), tg.Parameter(np.ones(3)), name="a")))
    assert model.summary().splitlines() == [
        "name        op         shape    inputs                 parameters",
        "----------  ---------  -------  -------------------  ------------",
        "x           Input      (B, 2)",
        "W           Parameter  (2, 3)                                   6",
        "MatMul1     MatMul     (B, 3)   x, W",
        "Parameter1  Parameter  (3,)                                     3",
        "a           AddBias    (B, 3)   MatMul1, Parameter1",
        "Sum1        Sum        ()       a",
        "total                                                           9",
    ]
