r"""
03 · A layer, and where the transposes come from
================================================

**Question.** A layer computes ``x @ W + b`` for a whole batch. Why is the gradient of ``W``
``x.T @ g``, the gradient of ``x`` ``g @ W.T``, and the gradient of ``b`` a sum?
"""

# %%
# Shapes first
# ------------
# A batch of :math:`B` samples with 2 features each is a matrix :math:`x` of shape (B, 2): *a row is
# a sample*. Three units have a weight matrix :math:`W` of shape (2, 3): *a column is a unit*. So
# :math:`z = x W` has the shape (B, 3), and a bias :math:`b` of shape (3,) is added to every row.
#
# The batch size is not known while the graph is built; tinygraph writes B for it.

import numpy as np

import tinygraph as tg

rng = np.random.default_rng(0)
x = tg.Input("x", shape=(None, 2))
W = tg.Parameter(rng.normal(size=(2, 3)), name="W")
b = tg.Parameter(np.zeros(3), name="b")
z = tg.MatMul(x, W, name="z")
a = tg.AddBias(z, b, name="a")
model = tg.Graph(tg.Sum(a * a, name="L"))
print(model.summary())

# %%
# A shape that does not fit is refused where it is built, with the reason:

try:
    tg.MatMul(x, tg.Parameter(np.ones((3, 2)), name="W_turned"), name="z")
except tg.TinygraphError as error:
    print(error)

# %%
# .. admonition:: Predict
#
#     A gradient has the shape of what it belongs to. So :math:`\partial L/\partial W` is (2, 3).
#     You have :math:`x`, which is (B, 2), and :math:`g = \partial L/\partial z`, which is (B, 3).
#     Which product of the two has the shape (2, 3)?
#
# From one entry to the matrix
# ----------------------------
# Ask for a single weight, :math:`W_{kj}`: feature k, unit j. Whom does it influence? In *every*
# sample i, the entry :math:`z_{ij} = \sum_k x_{ik} W_{kj}`, with the factor :math:`x_{ik}`.
# Multiply along each way, add over the ways:
#
# .. math:: \frac{\partial L}{\partial W_{kj}} = \sum_i x_{ik}\, g_{ij} .
#
# The sum runs over the *first* index of both. A matrix product sums over the second index of the
# left and the first of the right; so the left one has to be turned: :math:`x^\top g`. The transpose
# is bookkeeping, nothing deeper. The sum over :math:`i` is the sum over the batch: all samples
# share the weight, so each has its say.
#
# The same question for :math:`x_{ik}` gives :math:`\sum_j g_{ij} W_{kj}`, that is
# :math:`g\, W^\top`; and for :math:`b_j`, which enters every :math:`a_{ij}` with the factor 1,
# :math:`\sum_i g_{ij}`. :doc:`/derivations/05_layer` has every step.

X = rng.normal(size=(5, 2))
model.forward(x=X)
model.backward()
g = z.grad
print("W:", np.allclose(W.grad, X.T @ g), W.grad.shape)
print("b:", np.allclose(b.grad, g.sum(axis=0)), b.grad.shape)
print("x:", np.allclose(model["x"].grad, g @ W.value.T), model["x"].grad.shape)

# %%
# And by brute force, with the sum over samples written as a loop:

by_hand = np.zeros((2, 3))
for i in range(5):
    for k in range(2):
        for j in range(3):
            by_hand[k, j] += X[i, k] * g[i, j]
assert np.allclose(by_hand, W.grad)

tg.render(model)

# %%
# Exercise
# --------
# Write a function that takes ``x``, ``W`` and ``g`` (the gradient that arrives at
# ``a = x @ W + b``) and returns the gradients of ``x``, ``W`` and ``b``, in this order. No loops.

from tinygraph import exercises

answer = None
print(exercises.check("03", answer))

# %%
# .. dropdown:: Solution
#
#     .. code-block:: python
#
#         def answer(x, W, g):
#             return g @ W.T, x.T @ g, g.sum(axis=0)
#
# What this leaves out
# --------------------
# Without something between them, two layers are no more than one (:doc:`09_xor`). What stands
# between is next: :doc:`04_activations`.
