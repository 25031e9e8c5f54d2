r"""
Matrix product and bias
=======================

**Statement.** For :math:`z = x W`, with :math:`x` of shape (B, m) and :math:`W` of shape (m, n),
and for :math:`a = z + b`, with :math:`b` of shape (n,),

.. math:: \frac{\partial L}{\partial x} = g\, W^\top, \qquad
          \frac{\partial L}{\partial W} = x^\top g, \qquad
          \frac{\partial L}{\partial z} = g', \qquad
          \frac{\partial L}{\partial b} = \sum_{i=1}^{B} g'_i ,

where :math:`g = \partial L/\partial z` and :math:`g' = \partial L/\partial a`.
"""

# %%
# Derivation
# ----------
# A row of :math:`x` is a sample, and a column of :math:`W` is a unit: :math:`z_{ij} = \sum_k x_{ik}
# W_{kj}`.
#
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`\dfrac{\partial z_{ij}}{\partial W_{pq}} = \begin{cases} x_{ip} & j = q \\ 0 & j \ne
#        q \end{cases}`
#      - :math:`W_{pq}` appears only in column q, in the term k = p, with the factor :math:`x_{ip}`
#    * - :math:`\dfrac{\partial L}{\partial W_{pq}} = \sum_{i, j} \dfrac{\partial L}{\partial
#        z_{ij}} \dfrac{\partial z_{ij}}{\partial W_{pq}}`
#      - chain rule: there is one path through every :math:`z_{ij}`, and paths add up
#    * - :math:`\phantom{\dfrac{\partial L}{\partial W_{pq}}} = \sum_i g_{iq}\, x_{ip}`
#      - only the term j = q of the sum over j remains
#    * - :math:`\phantom{\dfrac{\partial L}{\partial W_{pq}}} = \sum_i (x^\top)_{pi}\, g_{iq} =
#        (x^\top g)_{pq}`
#      - a matrix product sums over the second index of the left matrix and the first index of the
#        right one, so we transpose x
#    * - :math:`\dfrac{\partial z_{ij}}{\partial x_{pq}} = \begin{cases} W_{qj} & i = p \\ 0 & i \ne
#        p \end{cases}`
#      - :math:`x_{pq}` appears only in row p, with the factor :math:`W_{qj}`
#    * - :math:`\dfrac{\partial L}{\partial x_{pq}} = \sum_j g_{pj}\, W_{qj} = \sum_j g_{pj}\,
#        (W^\top)_{jq} = (g\, W^\top)_{pq}`
#      - chain rule; this time we transpose W
#    * - :math:`\dfrac{\partial a_{ij}}{\partial z_{ij}} = 1, \quad \dfrac{\partial a_{ij}}{\partial
#        b_q} = \begin{cases} 1 & j = q \\ 0 & j \ne q \end{cases}`
#      - :math:`a_{ij} = z_{ij} + b_j`
#    * - :math:`\dfrac{\partial L}{\partial b_q} = \sum_{i,j} g'_{ij} \dfrac{\partial
#        a_{ij}}{\partial b_q} = \sum_i g'_{iq}`
#      - all samples share one bias, so their contributions add up
#
# Index form and matrix form
# --------------------------
# .. math::
#
#     \begin{aligned}
#     \frac{\partial L}{\partial W_{pq}} &= \sum_i x_{ip}\, g_{iq}
#     &&\Longleftrightarrow& \frac{\partial L}{\partial W} &= x^\top g \\
#     \frac{\partial L}{\partial x_{pq}} &= \sum_j g_{pj} W_{qj}
#     &&\Longleftrightarrow& \frac{\partial L}{\partial x} &= g\, W^\top \\
#     \frac{\partial L}{\partial b_q} &= \sum_i g'_{iq}
#     &&\Longleftrightarrow& \frac{\partial L}{\partial b} &= \mathbf{1}^\top g'
#     \end{aligned}
#
# **Shape check.** :math:`x^\top g` is (m, B)(B, n) = (m, n), as :math:`W`. :math:`g\,W^\top` is
# (B, n)(n, m) = (B, m), as :math:`x`. The sum over the batch leaves (n,), as :math:`b`. If m, n
# and B are pairwise different, no other product of these matrices has the right shape. This helps
# you to remember the rule, but it is not a proof.
#
# The numbers
# -----------
# Loops compute the sums of the index form. Compare them with the result of ``backward``:

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg

rng = np.random.default_rng(0)
B, m, n = 5, 2, 3
x = tg.Parameter(rng.normal(size=(B, m)), name="x")
W = tg.Parameter(rng.normal(size=(m, n)), name="W")
b = tg.Parameter(rng.normal(size=n), name="b")
z = tg.MatMul(x, W, name="z")
a = tg.AddBias(z, b, name="a")
model = tg.Graph(tg.Sum(tg.Tanh(a, name="h"), name="L"))
model.forward()
model.backward()

g = z.grad
dW, dx, db = np.zeros((m, n)), np.zeros((B, m)), np.zeros(n)
for i in range(B):
    for j in range(n):
        db[j] += a.grad[i, j]
        for k in range(m):
            dW[k, j] += x.value[i, k] * g[i, j]
            dx[i, k] += g[i, j] * W.value[k, j]
for name, by_loops, node in (("W", dW, W), ("x", dx, x), ("b", db, b)):
    print(f"{name}: largest difference {np.abs(by_loops - node.grad).max():.1e}")
    assert np.allclose(by_loops, node.grad)
print(tg.gradcheck(model))

# %%
# The code of the ops
# -------------------
# .. literalinclude:: /../tinygraph/ops/linear.py
#    :pyobject: MatMul.forward
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/ops/linear.py
#    :pyobject: MatMul.backward
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/ops/linear.py
#    :pyobject: AddBias.forward
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/ops/linear.py
#    :pyobject: AddBias.backward
#    :dedent: 4
#
# A picture
# ---------
# Every card shows the value in its upper half and the gradient in its lower half. Each gradient has
# the shape of its value.

tg.render(model, gradients=True)

# %%
# One element of :math:`\partial L/\partial W` is a sum over the batch:

p, q = 1, 2
shares = x.value[:, p] * g[:, q]
fig, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
ax.bar(range(1, B + 1), shares, color="#0067a3")
ax.bar(B + 2, shares.sum(), color="#b04600")
ax.axhline(0, color="#374151", linewidth=0.8)
ax.set_xticks([*range(1, B + 1), B + 2], [*(f"sample {i}" for i in range(1, B + 1)), "sum"])
ax.set_title(f"∂L/∂W[{p}, {q}] = {W.grad[p, q]:.3f}", fontsize=10)
plt.show()
assert np.isclose(shares.sum(), W.grad[p, q])

# %%
# Common mistakes
# ---------------
# * Transposing the wrong matrix. If all sizes are equal (4 units after 4 units), NumPy does not
#   notice; a numerical check does.
# * Taking the *mean* over the batch instead of the sum. If the loss is a mean, :math:`g` already
#   contains its :math:`1/n`. A second division makes the gradient B times too small.
# * Using ``keepdims=True``. The gradient of the bias then has the shape (1, n). It broadcasts, and
#   the bias silently becomes a matrix.
