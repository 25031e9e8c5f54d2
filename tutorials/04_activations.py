r"""
04 · Activations: sigmoid, tanh, ReLU
=====================================

**Question.** What does an activation do to the numbers on their way forward, and what to the
gradients on their way back?
"""

# %%
# Three curves and their slopes
# -----------------------------
# An activation works entry by entry: every number is replaced by another, whoever its neighbours
# are. So going backward, every entry of the gradient is multiplied by the slope at *its own*
# number.
#
# .. admonition:: Predict
#
#     Which of the three lets the largest gradient through at :math:`x = 0`? Which at
#     :math:`x = 5`? Which at :math:`x = -5`?

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg

ACTIVATIONS = {"sigmoid": tg.Sigmoid, "tanh": tg.Tanh, "ReLU": tg.ReLU}


def value_and_slope(activation, numbers):
    """Let a graph compute an activation and its slope at many numbers at once."""
    x = tg.Parameter(numbers, name="x")
    y = activation(x, name="y")
    model = tg.Graph(tg.Sum(y, name="L"))
    model.forward()
    model.backward()
    return y.value, x.grad


points = np.array([-5.0, 0.0, 5.0])
rows = [[name, *value_and_slope(op, points)[1]] for name, op in ACTIVATIONS.items()]
print(tabulate(rows, headers=["slope of", "at −5", "at 0", "at 5"], floatfmt=".5f"))

# %%
# Why does the sum of the entries give the slopes? Because :math:`L = \sum_i y_i` has the gradient 1
# for every :math:`y_i`; what arrives at :math:`x_i` is that 1 times the slope there.

numbers = np.linspace(-5, 5, 400)
fig, axes = plt.subplots(1, 3, figsize=(9, 2.8), layout="constrained", sharex=True)
for ax, (name, op) in zip(axes, ACTIVATIONS.items(), strict=True):
    value, slope = value_and_slope(op, numbers)
    ax.plot(numbers, value, color="#0067a3", label="value")
    ax.plot(numbers, slope, color="#b04600", linestyle="--", label="slope")
    ax.set(title=name, xlabel="x", ylim=(-1.3, 2.3))
    ax.legend(frameon=False)
plt.show()

# %%
# What the pictures say
# ---------------------
# * The **sigmoid**'s slope is at most 1/4. Every sigmoid that a gradient passes makes it at least
#   four times smaller; far from 0 it lets almost nothing through. Its derivative is
#   :math:`y (1 - y)`: :doc:`/derivations/01_sigmoid`.
# * **tanh** is a sigmoid stretched to run from −1 to 1 through 0; its slope reaches 1.
#   :doc:`/derivations/02_tanh`
# * **ReLU** lets a gradient through whole or not at all. At exactly 0 there is no slope; 0 is
#   taken. :doc:`/derivations/03_relu`
#
# In a graph the activation is a node like any other:

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
tg.render(model)

# %%
# The gradient of :math:`z` is 1 where :math:`z` is positive and 0 elsewhere: the negative units get
# no say.
#
# Exercise
# --------
# SiLU, a newer activation, is :math:`y = x\, \sigma(x)`. Write a function that returns its slope,
# for an array ``x``. (``1 / (1 + np.exp(-x))`` is the sigmoid.)

from tinygraph import exercises

answer = None
print(exercises.check("04", answer))

# %%
# .. dropdown:: Solution
#
#     The product rule: :math:`y' = 1 \cdot \sigma(x) + x \cdot \sigma'(x)`.
#
#     .. code-block:: python
#
#         def answer(x):
#             s = 1 / (1 + np.exp(-x))
#             return s + x * s * (1 - s)
#
# What this leaves out
# --------------------
# What happens when many such slopes are multiplied, and when a ReLU never wakes up, is
# :doc:`10_fading_gradients`. Why a network needs an activation at all is :doc:`09_xor`.
