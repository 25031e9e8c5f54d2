r"""
Attention
=========

**Statement.** For the queries :math:`Q`, keys :math:`K` and values :math:`V` of one sequence, each
of shape (T, d), let

.. math:: S = \frac{Q K^\top}{\sqrt d}, \qquad A = \operatorname{softmax}(S) \text{ of each row},
          \qquad Y = A V .

Then, with :math:`G = \partial L/\partial Y` and
:math:`E = A \odot (D - \operatorname{rowsum}(A \odot D))` for :math:`D = G V^\top`,

.. math:: \frac{\partial L}{\partial V} = A^\top G, \qquad
          \frac{\partial L}{\partial Q} = \frac{E K}{\sqrt d}, \qquad
          \frac{\partial L}{\partial K} = \frac{E^\top Q}{\sqrt d} .
"""

# %%
# Derivation
# ----------
# Attention consists of two matrix products and a softmax. We know the rule of each of them, so we
# only have to apply them one after the other, backward.
#
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`\dfrac{\partial L}{\partial V} = A^\top G, \quad D = \dfrac{\partial L}{\partial A}
#        = G V^\top`
#      - :math:`Y = A V` is a matrix product (:doc:`05_layer`)
#    * - :math:`\dfrac{\partial A_{ij}}{\partial S_{ik}} = A_{ij} \bigl([j = k] - A_{ik}\bigr)`
#      - the softmax of row i (:doc:`13_softmax_cross_entropy`)
#    * - :math:`E_{ik} = \dfrac{\partial L}{\partial S_{ik}} = \sum_j D_{ij} A_{ij} \bigl([j = k] -
#        A_{ik}\bigr)`
#      - chain rule: :math:`S_{ik}` affects all weights of row i
#    * - :math:`\phantom{E_{ik}} = A_{ik} \Bigl(D_{ik} - \sum_j D_{ij} A_{ij}\Bigr)`
#      - the term j = k, and the factor :math:`A_{ik}` taken out of the sum
#    * - :math:`\dfrac{\partial L}{\partial Q} = E\, \dfrac{K}{\sqrt d}, \quad \dfrac{\partial
#        L}{\partial K^\top} = \dfrac{Q^\top}{\sqrt d}\, E`
#      - :math:`S = Q K^\top / \sqrt d` is a matrix product with a constant factor
#    * - :math:`\dfrac{\partial L}{\partial K} = \dfrac{E^\top Q}{\sqrt d}`
#      - the transpose of the last line
#
# Look at :math:`D_{ik} = G_i \cdot V_k`, the product of the gradient at position i and the value at
# position k. If it is above its weighted mean of the row, then :math:`E_{ik}` is positive: looking
# more at position k would increase the loss. So a gradient step makes this score smaller.
#
# Index form and matrix form
# --------------------------
# .. math::
#
#     \begin{aligned}
#     \frac{\partial L}{\partial V_{ka}} &= \sum_i A_{ik}\, G_{ia}
#     &&\Longleftrightarrow& \frac{\partial L}{\partial V} &= A^\top G \\
#     E_{ik} &= A_{ik} \Bigl(D_{ik} - \sum_j A_{ij} D_{ij}\Bigr)
#     &&\Longleftrightarrow& E &= A \odot (D - \operatorname{rowsum}(A \odot D)) \\
#     \frac{\partial L}{\partial Q_{ia}} &= \frac{1}{\sqrt d} \sum_k E_{ik} K_{ka}
#     &&\Longleftrightarrow& \frac{\partial L}{\partial Q} &= \frac{E K}{\sqrt d} \\
#     \frac{\partial L}{\partial K_{ka}} &= \frac{1}{\sqrt d} \sum_i E_{ik} Q_{ia}
#     &&\Longleftrightarrow& \frac{\partial L}{\partial K} &= \frac{E^\top Q}{\sqrt d}
#     \end{aligned}
#
# **Shape check.** :math:`A`, :math:`D` and :math:`E` are (T, T). :math:`A^\top G` is
# (T, T)(T, d) = (T, d), as :math:`V`; :math:`E K` and :math:`E^\top Q` are (T, d), as :math:`Q` and
# :math:`K`. Each row of :math:`E` has the sum 0, because the softmax does not change if a number is
# added to all scores of a row.
#
# The numbers
# -----------
# In tinygraph, attention is not an op. It is built from ``MatMul``, ``Multiply`` and ``Softmax``,
# so the graph already has this derivative. We compare it with the formulas:

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg

T, d = 5, 3
rng = np.random.default_rng(0)
Q, K, V = (tg.Parameter(rng.normal(size=(T, d)), name=name) for name in "QKV")
S = tg.Multiply(tg.MatMul(Q, K.T, name="QKᵀ"), d**-0.5, name="S")
A = tg.Softmax(S, name="A")
Y = tg.MatMul(A, V, name="Y")
model = tg.Graph(tg.Sum(tg.Tanh(Y, name="h"), name="L"))
model.forward()
model.backward()

G = Y.grad
D = G @ V.value.T
E = A.value * (D - (A.value * D).sum(axis=1, keepdims=True))
for name, formula, node in (
    ("V", A.value.T @ G, V),
    ("Q", E @ K.value / d**0.5, Q),
    ("K", E.T @ Q.value / d**0.5, K),
):
    print(f"{name}: largest difference {np.abs(formula - node.grad).max():.1e}")
    assert np.allclose(formula, node.grad)
assert np.allclose(E.sum(axis=1), 0)
print(tg.gradcheck(model))

# %%
# The code
# --------
# The layer has four linear parts, and splits queries, keys and values into heads:
#
# .. literalinclude:: /../tinygraph/layers.py
#    :pyobject: attention
#    :start-at: generator = as_generator
#    :dedent: 4
#
# The softmax is the only op here that is not linear in its inputs:
#
# .. literalinclude:: /../tinygraph/ops/classification.py
#    :pyobject: Softmax.backward
#    :dedent: 4
#
# A picture
# ---------
# On the left the weights :math:`A`, on the right the gradient of the scores :math:`E`: purple
# scores would increase in a gradient step.

fig, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
limit = np.abs(E).max()
for ax, name, array, colors, low, high in (
    (axes[0], "weights A", A.value, "Blues", 0, 1),
    (axes[1], "gradient of the scores E", E, "PuOr_r", -limit, limit),
):
    drawn = ax.imshow(array, cmap=colors, vmin=low, vmax=high)
    ax.set(title=name, xlabel="key", ylabel="query")
    fig.colorbar(drawn, ax=ax)
plt.show()

# %%
# Common mistakes
# ---------------
# * Taking the softmax along the wrong axis. The weights of one *query* must add up to 1, so the
#   softmax uses the last axis of :math:`S`.
# * Forgetting :math:`1/\sqrt d`. With large d, the scores are large and the softmax saturates. Then
#   :math:`E` is almost 0, and queries and keys hardly learn.
# * Masking with 0. To hide a position, add a large negative number to its *score*. A score of 0 is
#   an ordinary score.
