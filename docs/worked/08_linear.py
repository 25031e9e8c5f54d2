r"""
Without activations, depth does not help
========================================

**Statement.** A network of :math:`k` layers :math:`h_j = h_{j-1} W_j + b_j` without activations
computes

.. math:: h_k = x\, W + b, \qquad W = W_1 W_2 \cdots W_k, \qquad
          b = \sum_{j=1}^{k} b_j\, W_{j+1} W_{j+2} \cdots W_k ,

which one layer can compute. XOR is not a function of this form, for any :math:`k`.
"""

# %%
# Derivation
# ----------
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`h_1 = x W_1 + b_1`
#      - the statement for k = 1
#    * - :math:`h_k = h_{k-1} W_k + b_k`
#      - the last layer
#    * - :math:`\phantom{h_k} = (x W' + b')\, W_k + b_k`
#      - suppose that the statement holds for k − 1 layers: :math:`h_{k-1} = x W' + b'`
#    * - :math:`\phantom{h_k} = x\,(W' W_k) + (b' W_k + b_k)`
#      - the matrix product is distributive and associative
#    * - :math:`\phantom{h_k} = x W + b`
#      - with :math:`W = W' W_k` and :math:`b = b' W_k + b_k`: so it holds for k layers, and by
#        induction for every k
#
# Now we apply this to XOR. Let :math:`y(x_1, x_2) = w_1 x_1 + w_2 x_2 + b`.
#
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`y(0,0) + y(1,1) = w_1 + w_2 + 2 b`
#      - insert the corners of one diagonal
#    * - :math:`y(0,1) + y(1,0) = w_1 + w_2 + 2 b`
#      - insert the corners of the other diagonal
#    * - :math:`y(0,0) + y(1,1) = y(0,1) + y(1,0)`
#      - the two sums are equal for all weights
#    * - :math:`0 + 0 = 1 + 1`
#      - XOR would need this, which is false
#
# A threshold at the end does not help. Suppose that :math:`y < \tfrac12` at the first two corners
# and :math:`y > \tfrac12` at the other two. Then the left sum is below 1 and the right sum is above
# 1, so they are not equal. The same holds for a sigmoid after the last layer, because it is a
# smooth threshold.
#
# Index form and matrix form
# --------------------------
# .. math:: h_{2,ij} = \sum_r \Bigl(\sum_k x_{ik} W_{1,kr} + b_{1,r}\Bigr) W_{2,rj} + b_{2,j}
#           = \sum_k x_{ik} \underbrace{\sum_r W_{1,kr} W_{2,rj}}_{(W_1 W_2)_{kj}}
#           + \underbrace{\sum_r b_{1,r} W_{2,rj} + b_{2,j}}_{(b_1 W_2 + b_2)_j} .
#
# **Shape check.** :math:`W_1 W_2 W_3` is (2, 4)(4, 4)(4, 1) = (2, 1); :math:`b_1 W_2 W_3` is
# (4,)(4, 4)(4, 1) = (1,).
#
# The numbers
# -----------
# The lab network with ``activation="none"`` has 37 numbers in six parameters. They reduce to 3
# numbers.

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg

X, T = tg.data.xor()
model = tg.lab2.model(activation="none", rng=0)
W1, b1, W2, b2, W3, b3 = (parameter.value for parameter in model.parameters)
W = W1 @ W2 @ W3
b = b1 @ W2 @ W3 + b2 @ W3 + b3
print("one layer: W =", W.ravel(), " b =", b)
print("largest difference:", np.abs(model.predict(x=X) - (X @ W + b)).max())
assert np.allclose(model.predict(x=X), X @ W + b)

# %%
# The best such function on XOR, found by least squares, gives the same answer for every point:
# 10/21, the fraction of ones.

best, *_ = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), T, rcond=None)
loss = float(np.mean((np.column_stack([X, np.ones(len(X))]) @ best - T) ** 2))
print("best w1, w2, b:", best.ravel().round(12) + 0.0)
print(f"loss {loss:.6f} = p (1 − p) with p = 10/21: {10 / 21 * 11 / 21:.6f}")
assert np.isclose(loss, 10 / 21 * 11 / 21)

# %%
# The code of the op
# ------------------
# "No activation" is an op, too. The factor in its backward is 1:
#
# .. literalinclude:: /../tinygraph/ops/activations.py
#    :pyobject: Identity.forward
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/ops/activations.py
#    :pyobject: Identity.backward
#    :dedent: 4
#
# A picture
# ---------
# The picture shows a linear chain and a network with sigmoids on XOR, both after training:

fig, axes = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
for ax, activation, lr in zip(axes, ("none", "sigmoid"), (0.01, 0.1), strict=True):
    trained = tg.lab2.model(activation=activation, rng=0)
    optimizer = tg.Adam(trained.parameters, lr=lr)
    tg.fit(trained, optimizer, x=X, t=T, epochs=2000, print_interval=0)
    tg.plots.decision_regions(trained, X, T, ax=ax, title=f"activation: {activation}")
plt.show()

# %%
# Common mistakes
# ---------------
# * "It is linear, so training is easy." The *function* is linear in :math:`x`. But the loss is not
#   quadratic in the six parameters, because they appear as products.
# * "Then use more layers." The proof holds for every k.
# * "A sigmoid at the end makes it nonlinear." This is true. But the points where it is 1/2 still
#   form a straight line, and no straight line separates XOR.
