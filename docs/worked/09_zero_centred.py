r"""
Why zero-centred outputs help
=============================

**Statement.** A unit computes :math:`a = \sum_k h_k w_k + b`. If all its inputs :math:`h_k` are
positive, as after a sigmoid, then for a single sample all elements of :math:`\partial L/\partial
w` have *the same sign*. So a step either increases all weights or decreases all of them. If some
weights should increase and others decrease, training can only zigzag in that direction."""

# %%
# Derivation
# ----------
# .. list-table::
#    :widths: 50 50
#    :class: derivation
#
#    * - :math:`\dfrac{\partial L}{\partial w_k} = \delta\, h_k, \quad \delta = \dfrac{\partial
#        L}{\partial a}`
#      - :math:`w_k` is multiplied by :math:`h_k` in a; see :doc:`05_layer`, for one sample and
#        one unit
#    * - :math:`\operatorname{sign} \dfrac{\partial L}{\partial w_k} = \operatorname{sign} \delta
#        \cdot \operatorname{sign} h_k`
#      - the sign of a product
#    * - :math:`h_k = \sigma(\cdot) > 0 \;\Rightarrow\; \operatorname{sign} \dfrac{\partial
#        L}{\partial w_k} = \operatorname{sign} \delta`
#      - the same for every k, since :math:`\delta` does not depend on k
#    * - :math:`\dfrac{\partial L}{\partial w_k} = \sum_i \delta_i h_{ik}`
#      - in a batch the samples may have different signs, which reduces the effect
#    * - :math:`h_k = \bar h_k + \tilde h_k \;\Rightarrow\; \dfrac{\partial L}{\partial w_k} = \bar
#        h_k \sum_i \delta_i + \sum_i \delta_i \tilde h_{ik}`
#      - separate the mean over the batch: its part is the mean :math:`\bar h_k` times a number that
#        is *the same* for all k
#
# The last line is the important one. The mean of the inputs adds a common part to all gradients:
# :math:`\sum_i \delta_i`, which is also the gradient of the bias. Inputs with mean 0 have no such
# part.
#
# Index form and matrix form
# --------------------------
# .. math:: \frac{\partial L}{\partial W_{kj}} = \sum_i h_{ik} \delta_{ij}
#           \qquad\Longleftrightarrow\qquad
#           \frac{\partial L}{\partial W} = h^\top \delta
#           = \bar h^\top \Bigl(\sum_i \delta_i\Bigr) + \tilde h^\top \delta ,
#
# where :math:`\bar h` is the (1, m) row of means.
#
# **Shape check.** :math:`\bar h^\top \sum_i \delta_i` is (m, 1)(1, n) = (m, n): a matrix of rank
# one.
#
# The numbers
# -----------
# We use four inputs, one unit and one sample. The inputs come first from sigmoids, then from tanhs.

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg

rng = np.random.default_rng(3)
before = rng.normal(size=(1, 4))
rows = []
for name, activation in (("sigmoid", tg.Sigmoid), ("tanh", tg.Tanh)):
    w = tg.Parameter(np.ones((4, 1)), name="w")
    h = activation(tg.Constant(before), name="h")
    model = tg.Graph(tg.MSE(tg.MatMul(h, w, name="a"), np.zeros((1, 1)), name="loss"))
    model.forward()
    model.backward()
    rows.append([name, *w.grad.ravel()])
print(tabulate(rows, headers=["inputs from", "∂L/∂w1", "w2", "w3", "w4"], floatfmt="+.3f"))
assert len({np.sign(entry) for entry in rows[0][1:]}) == 1
assert len({np.sign(entry) for entry in rows[1][1:]}) == 2

# %%
# For a batch, we compute the two parts of the last line, and compare their norms:

inputs = rng.normal(size=(50, 4))
delta = rng.normal(size=(50, 1)) + 0.5
rows = []
for name, h in (("sigmoid", 1 / (1 + np.exp(-inputs))), ("tanh", np.tanh(inputs))):
    mean = h.mean(axis=0, keepdims=True)
    common = mean.T @ delta.sum(axis=0, keepdims=True)
    rest = (h - mean).T @ delta
    assert np.allclose(common + rest, h.T @ delta)
    rows.append([name, np.linalg.norm(common), np.linalg.norm(rest)])
print(tabulate(rows, headers=["inputs from", "common part", "the rest"], floatfmt=".2f"))

# %%
# The code of the op
# ------------------
# .. literalinclude:: /../tinygraph/ops/linear.py
#    :pyobject: MatMul.backward
#    :dedent: 4
#
# A picture
# ---------
# Gradient descent, one sample at a time, moves towards a target for which one weight must increase
# and the other must decrease. With positive inputs, every step goes up and right, or down and left.


def path(centre, lr=0.9, steps=14):
    rng = np.random.default_rng(0)
    target = np.array([[1.0], [-1.0]])
    w = tg.Parameter(np.zeros((2, 1)), name="w")
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
    model = tg.Graph(tg.MSE(tg.MatMul(x, w, name="a"), t, name="loss"))
    optimizer = tg.SGD(model.parameters, lr=lr)
    points = [w.value.ravel()]
    for _ in range(steps):
        sample = rng.uniform(-0.5, 0.5, size=(1, 2)) + centre
        model.forward(x=sample, t=sample @ target)
        model.backward()
        optimizer.step()
        points.append(w.value.ravel())
    return np.array(points)


fig, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained", sharex=True, sharey=True)
for ax, centre, title in zip(
    axes, (0.5, 0.0), ("inputs in (0, 1)", "inputs in (−0.5, 0.5)"), strict=True
):
    points = path(centre)
    ax.plot(points[:, 0], points[:, 1], "o-", color="#0067a3", markersize=3)
    ax.plot(1, -1, "*", color="#b04600", markersize=12)
    ax.set(title=title, xlabel="w1", ylabel="w2")
plt.show()

steps = np.diff(path(0.5), axis=0)
assert (np.sign(steps[:, 0]) == np.sign(steps[:, 1])).all()

# %%
# Common mistakes
# ---------------
# * "With sigmoids, the gradients of *all* weights of the network have the same sign." This holds
#   for the weights *into one unit*, for *one sample*.
# * "So tanh is always better." A sigmoid works well on the small problems of the lab. Zero-centred
#   outputs remove one of several difficulties.
# * Centring the *data* and forgetting that the next layer gets the *activations*.
