"""What an op class takes is read from its own code; and corners that no other test visits."""

import numpy as np
import pytest

import tinygraph as tg
import tinygraph.core.op
from tinygraph.core.hyperparameters import hyperparameter_names


class Contract:
    reserved = 1

    def forward(self, x):
        raise NotImplementedError


def names_of(cls):
    return set(hyperparameter_names(cls, Contract))


def test_what_is_read_from_self_declared_or_taken_by_init():
    class Thing(Contract):
        declared: float = 1.0
        plain = 2

        def __init__(self, *inputs, only_by_keyword=3):
            self.kept = only_by_keyword

        def forward(self, x):
            other = x
            return self.read * x.of_x + other.of_other + self._private + self.reserved

        def helper(self):
            return self.helper

    assert names_of(Thing) == {"declared", "plain", "only_by_keyword", "kept", "read"}


def test_what_stands_on_the_class_to_be_called_or_computed_is_no_keyword():
    class Thing(Contract):
        factor = 2.0

        @classmethod
        def made(cls):
            return cls()

        @staticmethod
        def helper(x):
            return x

        @property
        def twice(self):
            return 2 * self.factor

        def forward(self, x):
            return self.helper(x) * self.twice

    assert names_of(Thing) == {"factor"}


def test_a_called_attribute_counts():
    class Thing(Contract):
        def forward(self, x):
            return self.function(x)

    assert names_of(Thing) == {"function"}


def test_what_inner_functions_read_from_the_same_self():
    class Thing(Contract):
        def forward(self, x):
            inner = lambda: self.in_lambda  # noqa: E731 - a lambda is the question
            other = lambda self: self.of_another_self  # noqa: E731
            return [self.in_list for _ in x], inner, other, self.outside

    assert names_of(Thing) == {"in_lambda", "in_list", "outside"}


def test_a_method_without_self_and_a_class_that_inherits():
    class First(Contract):
        @staticmethod
        def without():
            return 1

        def forward(self, x):
            return self.first

    class Second(First):
        second = 2

    assert names_of(Second) == {"first", "second"}


def test_a_method_with_hundreds_of_names():
    lines = "\n".join(f"    self.a{k}" for k in range(600))
    space = {}
    exec(f"def forward(self, x):\n{lines}\n", space)
    thing = type("Thing", (Contract,), {"forward": space["forward"]})
    assert names_of(thing) == {f"a{k}" for k in range(600)}


def test_an_op_without_its_methods_says_which_is_missing():
    class Nothing(tg.Op):
        arguments = ("x",)

    op = Nothing(tg.Parameter(1.0), name="op")
    with pytest.raises(tg.TinygraphError) as caught:
        op.forward(np.array(1.0))
    assert str(caught.value) == 'Nothing "op" has no forward: its class must define one.'
    assert caught.value.node is op
    with pytest.raises(tg.TinygraphError) as caught:
        op.backward(1.0, 1.0, 1.0)
    assert str(caught.value) == 'Nothing "op" has no backward: its class must define one.'
    assert caught.value.node is op


def test_the_arguments_of_an_op_are_those_of_its_forward():
    class Named(tg.Op):
        def forward(self, x, W, b):
            return x

    class Heir(Named):
        pass

    class Any(tg.Op):
        def forward(self, *xs):
            return xs[0]

    assert Named.arguments == Heir.arguments == ("x", "W", "b")
    assert Any.arguments == ("xs",)
    assert len(Any(1.0, 2.0, 3.0).inputs) == 3


def test_an_op_may_enter_itself_for_an_operator(monkeypatch):
    monkeypatch.setattr("tinygraph.core.op.OPERATORS", {})

    class Plus(tg.Op, operator="plus"):
        pass

    class Plain(tg.Op):
        pass

    assert {"plus": Plus} == tinygraph.core.op.OPERATORS


def test_a_state_keeps_large_step_counts_and_the_precision_of_the_parameter():
    w = tg.Parameter(np.ones(2, dtype=np.float32), name="w")
    opt = tg.Momentum([w])
    opt.load_state({**opt.state(), "steps": 2**53 - 1, "memory": [{"v": np.ones(2)}]})
    assert opt.steps == 2**53 - 1
    assert opt.memory[w][0].dtype == np.float32
    hyperparameters = {"lr": -1.0, "beta": 0.9}
    with pytest.raises(tg.TinygraphError, match="lr of Momentum must be a finite number above 0"):
        opt.load_state({**opt.state(), "hyperparameters": hyperparameters})
    assert opt.lr == 0.1


def test_one_sample_for_an_input_of_one_row():
    x = tg.Input("x", shape=(1, 2))
    with pytest.raises(tg.TinygraphError, match="one sample as a batch of one"):
        tg.Graph(tg.Sum(x)).forward(x=[1.0, 2.0])


def test_an_exponent_is_real():
    with pytest.raises(tg.TinygraphError, match="exponent of Power"):
        tg.Power(1.0, exponent=np.complex64(1))


def test_an_op_of_no_inputs_that_fails():
    class Source(tg.Op):
        def forward(self):
            raise ValueError("dry")

        def infer_shape(self):
            return ()

    with pytest.raises(tg.TinygraphError) as caught:
        tg.Graph(Source(name="s")).forward()
    assert str(caught.value) == 'forward of Source "s" failed on no inputs: ValueError: dry'


def test_a_gradient_takes_the_precision_of_its_value():
    class Wide(tg.Op):
        def forward(self, x):
            return x * np.float32(2)

        def backward(self, g, y, x):
            return (g * 2).astype(np.float64)

    w = tg.Parameter(np.ones(2, dtype=np.float32), name="w")
    model = tg.Graph(Wide(w))
    model.forward()
    model.backward(seed=np.ones(2))
    assert w.grad.dtype == np.float32
    np.testing.assert_array_equal(w.grad, [2.0, 2.0])


def test_a_gradient_set_by_hand_is_checked_by_the_optimizer():
    w = tg.Parameter(np.ones(2, dtype=np.float32), name="w")
    opt = tg.SGD([w], lr=0.5)
    w.grad = [1, 2]
    opt.step()
    np.testing.assert_array_equal(w.value, np.array([0.5, 0.0], dtype=np.float32))
    assert w.value.dtype == np.float32
    w.grad = "cat"
    with pytest.raises(tg.TinygraphError, match='The gradient of Parameter "w"'):
        opt.step()
    w.grad = np.ones(3)
    with pytest.raises(tg.TinygraphError) as caught:
        opt.step()
    assert caught.value.node is w


def test_a_name_is_in_its_graph_alone():
    x = tg.Input("x", shape=(2,))
    assert x.value is None
    model = tg.Graph(tg.Sum(x))
    assert "x" in model
    assert "y" not in model
    assert 3 not in model


def test_what_is_no_graph_is_shown():
    with pytest.raises(tg.TinygraphError) as caught:
        tg.fit("cat", None)
    assert str(caught.value) == "fit needs a Graph; got 'cat'."


def test_defaults_and_edges_of_the_settings_of_an_optimizer():
    w = tg.Parameter(1.0)
    rates = {tg.SGD: 0.1, tg.Momentum: 0.1, tg.AdaGrad: 0.1, tg.RMSProp: 0.01, tg.Adam: 0.001}
    assert {kind: kind([w]).lr for kind in rates} == rates
    assert tg.Momentum([w], beta=0).beta == 0.0
