r"""
04 · Activations: sigmoid, tanh, ReLU
=====================================

**Question.** What does an activation do to the values in the forward pass, and what does it do to
the gradients in the backward pass?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`01_one_neuron`: what is :math:`\sigma'(a)`, written with :math:`h = \sigma(a)`? And
#     what is it at :math:`a = 0`?
#
# .. dropdown:: Answer
#
#     :math:`\sigma'(a) = h (1 - h)`. At 0, :math:`h = 1/2`, so the slope is 1/4.
#
# Three curves and their slopes
# -----------------------------
# An activation works element by element: each output depends on one input only. So in the backward
# pass, each element of the gradient is multiplied by the slope at *its own* input.
#
# .. admonition:: Predict
#
#     You know sigmoid, tanh and :math:`\mathrm{ReLU}(x) = \max(x, 0)`. Which of them has the
#     largest slope at :math:`x = 0`? At :math:`x = 5`? At :math:`x = -5`? Write down three names.

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg
from tinygraph.exercises import check, show

ACTIVATIONS = {"sigmoid": tg.Sigmoid, "tanh": tg.Tanh, "ReLU": tg.ReLU}


def value_and_slope(activation, numbers):
    """Let a graph compute an activation and its slope at many numbers at once."""
    x = tg.Parameter(numbers, name="x")
    y = activation(x, name="y")
    model = tg.Graph(tg.Sum(y, name="L"))
    model.forward()
    model.backward()
    return y.value, x.grad


numbers = np.linspace(-5, 5, 400)
fig, axes = plt.subplots(1, 3, figsize=(9, 2.8), layout="constrained", sharex=True)
for ax, (name, op) in zip(axes, ACTIVATIONS.items(), strict=True):
    value, slope = value_and_slope(op, numbers)
    ax.plot(numbers, value, color="#0067a3", label="value")
    ax.plot(numbers, slope, color="#b04600", linestyle="--", label="slope")
    ax.set(title=name, xlabel="x", ylim=(-1.3, 2.3))
    ax.legend(frameon=False)
show(fig)

# %%
# The slopes at your three points:

points = np.array([-5.0, 0.0, 5.0])
rows = [[name, *value_and_slope(op, points)[1]] for name, op in ACTIVATIONS.items()]
print(tabulate(rows, headers=["slope of", "at −5", "at 0", "at 5"], floatfmt=".5f"))

# %%
# (Why does the gradient of a sum give the slopes? :math:`L = \sum_i y_i` has the gradient 1 for
# every :math:`y_i`. So :math:`x_i` receives 1 times its own slope.)
#
# **Your prediction.** At 0, tanh wins with the slope 1. At 5, ReLU wins: its slope is 1, and the
# others are almost flat. At −5, the *sigmoid* wins, although its slope is only 0.007. There, tanh
# is even flatter, and the slope of ReLU is 0.
#
# * The slope of the **sigmoid** is at most 1/4. Each sigmoid makes a gradient at least four times
#   smaller, and far from 0 much smaller. The derivative is :math:`y (1 - y)`:
#   :doc:`/derivations/01_sigmoid`.
# * **tanh** is a stretched sigmoid that runs from −1 to 1 through 0. Its slope reaches 1:
#   :doc:`/derivations/02_tanh`.
# * **ReLU** lets a gradient through unchanged or not at all. At exactly 0 it has no slope, and
#   tinygraph takes 0: :doc:`/derivations/03_relu`.
#
# In a graph, an activation is a node like any other:

x = tg.Input("x", shape=(None, 2))
W = tg.Parameter([[1.0, -1.0, 2.0], [1.0, 1.0, 0.0]], name="layer1/W")
z = tg.MatMul(x, W, name="layer1/z")
h = tg.ReLU(z, name="layer1/h")
model = tg.Graph(tg.Sum(h, name="L"))
model.forward(x=[[1.0, -3.0], [2.0, 1.0]])
model.backward()
print("z =", z.value.tolist())
print("gradient of h =", h.grad.tolist())
print("gradient of z =", z.grad.tolist())
show(tg.render(model))

# %%
# The gradient of :math:`z` is 1 where :math:`z` is positive and 0 elsewhere. A unit with negative
# :math:`z` receives no gradient.
#
# Kill a unit
# -----------
# A ReLU unit that is 0 for *every* sample passes no gradient to its weights. They do not change,
# and the unit is called *dead*. In the page below, six units learn to separate an inner circle from
# an outer one. Press **Train** and watch them. Then do the task. (The learning rate sets the length
# of each training step. It is the topic of :doc:`07_training`.)


def circles_model(rng):
    """Return a network with one hidden layer of six units."""
    rng = np.random.default_rng(rng)
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
    h = tg.Tanh(tg.layers.linear(x, 6, name="layer1", rng=rng), name="layer1/h")
    y = tg.Sigmoid(tg.layers.linear(h, 1, name="layer2", rng=rng), name="y")
    return tg.Graph(tg.MSE(y, t, name="loss"), prediction=y)


X, labels = tg.data.circles(60, rng=0)
page = tg.playground(
    circles_model,
    lambda parameters: tg.SGD(parameters, lr=1.0),
    x=X,
    t=labels.reshape(-1, 1),
    title="Kill a unit",
    task={
        "text": "Kill a unit: choose an activation and a learning rate with which at least one "
        "unit becomes 0 for every sample. You need two changes.",
        "goal": {"dead units at least": 1},
        "locked": ["data", "noise", "points", "optimizer", "batch size", "L2", "training data"],
        "done": "One long step pushed a ReLU below 0 for every sample. Now its slope is 0 "
        "everywhere, so no gradient can bring it back.",
    },
)
show(page)

# %%
# **The answer to the question.** In the forward pass, an activation replaces each value by the
# height of its curve there. In the backward pass, it multiplies each gradient by the slope there.
#
# Exercise
# --------
# SiLU is a newer activation: :math:`y = x\, \sigma(x)`. Write a function that takes an array ``x``
# and returns the slope at each element. (``1 / (1 + np.exp(-x))`` is the sigmoid.)

answer = None
show(check("04", answer))

# %%
# .. dropdown:: Solution
#
#     The product rule gives :math:`y' = 1 \cdot \sigma(x) + x \cdot \sigma'(x)`.
#
#     .. code-block:: python
#
#         def answer(x):
#             s = 1 / (1 + np.exp(-x))
#             return s + x * s * (1 - s)
#
# What this leaves out
# --------------------
# A deep network multiplies many such slopes, and a dead ReLU unit may never recover. Both problems
# are the topic of :doc:`10_fading_gradients`. Why a network needs an activation at all is the topic
# of :doc:`09_xor`.
