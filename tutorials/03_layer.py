r"""
03 · A layer, and where the transposes come from
================================================

**Question.** A layer computes ``x @ W + b`` for a whole batch. Why is the gradient of ``W``
``x.T @ g``, the gradient of ``x`` ``g @ W.T``, and the gradient of ``b`` a sum?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`02_chain_rule`: a weight is used by five samples. How do you get its gradient from
#     the five paths?
#
# .. dropdown:: Answer
#
#     Multiply the local derivatives along each path. Then add the five products.
#
# Shapes first
# ------------
# A batch of :math:`B` samples with 2 features each is a matrix :math:`x` of shape (B, 2): *a row is
# a sample*. Three units have a weight matrix :math:`W` of shape (2, 3): *a column is a unit*. So
# :math:`z = x W` has the shape (B, 3). The bias :math:`b` of shape (3,) is added to every row.
#
# The batch size is not known when you build the graph. tinygraph writes B for it.

import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

rng = np.random.default_rng(0)
x = tg.Input("x", shape=(None, 2))
W = tg.Parameter(rng.normal(size=(2, 3)), name="W")
b = tg.Parameter(np.zeros(3), name="b")
z = tg.MatMul(x, W, name="z")
a = tg.AddBias(z, b, name="a")
model = tg.Graph(tg.Sum(a * a, name="L"))
print(model.summary())

# %%
# If a shape does not fit, tinygraph refuses it when you build the graph, and says why:

try:
    tg.MatMul(x, tg.Parameter(np.ones((3, 2)), name="W_transposed"), name="z")
except tg.TinygraphError as error:
    print(error)

# %%
# .. admonition:: Predict
#
#     A gradient has the same shape as its value, so :math:`\partial L/\partial W` has the shape
#     (2, 3). You have :math:`x` of shape (B, 2) and :math:`g = \partial L/\partial z` of shape
#     (B, 3). Which product of the two has the shape (2, 3)? Over which index does it sum?
#
# From one element to the matrix
# ------------------------------
# Look at a single weight, :math:`W_{kj}`: feature k, unit j. Which elements of :math:`z` depend on
# it? In *every* sample i, exactly one: :math:`z_{ij} = \sum_m x_{im} W_{mj}`. In its term
# :math:`m = k`, the weight is multiplied by :math:`x_{ik}`. Multiply along each path, then add the
# paths:
#
# .. math:: \frac{\partial L}{\partial W_{kj}} = \sum_i x_{ik}\, g_{ij} .
#
# The sum runs over the *first* index of both matrices. A matrix product sums over the second index
# of the left matrix and the first index of the right one. So we transpose the left matrix:
# :math:`x^\top g`. The transpose only puts the indices in the right order. The sum over :math:`i`
# is the sum over the batch. All samples share the weight, so their contributions add up.
#
# The same question for :math:`x_{ik}` gives :math:`\sum_j g_{ij} W_{kj}`, which is :math:`g\,
# W^\top`. The bias :math:`b_j` is added to every :math:`z_{ij}`, so each local derivative is 1, and
# the gradient is :math:`\sum_i g_{ij}`. :doc:`/derivations/05_layer` has every step.

X = rng.normal(size=(5, 2))
model.forward(x=X)
model.backward()
g = z.grad
print("W:", np.allclose(W.grad, X.T @ g), W.grad.shape)
print("b:", np.allclose(b.grad, g.sum(axis=0)), b.grad.shape)
print("x:", np.allclose(model["x"].grad, g @ W.value.T), model["x"].grad.shape)

# %%
# **Your prediction.** Only ``x.T @ g`` fits: (2, B) times (B, 3) gives (2, 3). It sums over B, the
# samples. So you can find the transpose from the shapes. But shapes do not tell you whether to sum
# or to average. For that, you need the derivation.
#
# Here is the same gradient again, with the sum over the samples as a loop:

by_hand = np.zeros((2, 3))
for i in range(5):
    for k in range(2):
        for j in range(3):
            by_hand[k, j] += X[i, k] * g[i, j]
assert np.allclose(by_hand, W.grad)

show(tg.render(model))

# %%
# **The answer to the question.** A matrix product sums over the inner index of its two matrices.
# Each transpose moves the index of the sum to that place. For ``W`` and ``b`` the sum runs over the
# batch, and for ``x`` it runs over the units.
#
# Exercise
# --------
# Many textbooks write a layer in the other order: ``a = W @ x + b``. There, *a column of* ``x`` *is
# a sample*: ``x`` has the shape (2, B), ``W`` (3, 2), ``b`` (3, 1) and ``a`` (3, B).
#
# Write a function that takes ``x``, ``W`` and ``g`` (the gradient of ``a``). It returns the
# gradients of ``x``, ``W`` and ``b``, in this order. Use no loops. Start from one element, as
# above.

answer = None
show(check("03", answer))

# %%
# .. dropdown:: Solution
#
#     :math:`a_{ji} = \sum_k W_{jk} x_{ki} + b_j`. So :math:`\partial L/\partial W_{jk} = \sum_i
#     g_{ji} x_{ki}`, and :math:`\partial L/\partial x_{ki} = \sum_j W_{jk} g_{ji}`. The samples are
#     the second index now, so the gradient of ``b`` sums over ``axis=1``.
#
#     .. code-block:: python
#
#         def answer(x, W, g):
#             return W.T @ g, g @ x.T, g.sum(axis=1, keepdims=True)
#
# What this leaves out
# --------------------
# Two layers with nothing between them cannot compute more than one layer can (:doc:`09_xor`). The
# next page shows the functions that belong between layers: :doc:`04_activations`.
