r"""
Lab 2, end to end: from the loss to the first weight
====================================================

**Statement.** For the network of the lab, :math:`h_k = \sigma(h_{k-1} W_k + b_k)` for :math:`k = 1,
2, 3` with :math:`h_0 = x`, and :math:`L = \operatorname{mean}\,(h_3 - t)^2`, let :math:`\delta_k =
\partial L / \partial a_k` be the gradient at the pre-activation :math:`a_k = h_{k-1} W_k + b_k`.
Let :math:`n` be the number of elements of :math:`h_3`. Here it is the batch size :math:`B`. Then

.. math::

    \delta_3 = \frac2n (h_3 - t) \odot h_3 \odot (1 - h_3), \qquad
    \delta_k = \left(\delta_{k+1} W_{k+1}^\top\right) \odot h_k \odot (1 - h_k),

.. math::

    \frac{\partial L}{\partial W_k} = h_{k-1}^\top\, \delta_k, \qquad
    \frac{\partial L}{\partial b_k} = \sum_{i=1}^{B} (\delta_k)_i .
"""

# %%
# The graph
# ---------
# This is the graph after one forward and one backward pass on the n = 21 points of the XOR data.
# Every card shows the value above the gradient.

import numpy as np
from tabulate import tabulate

import tinygraph as tg

X, T = tg.data.xor()
model = tg.lab2.model(rng=0)
model.forward(x=X, t=T)
model.backward()
picture = tg.render(model, gradients=True)
picture

# %%
# Derivation
# ----------
# tinygraph writes this derivation from the rules of the ops in the graph. Each line is one node,
# from the loss back to :math:`W_1`, and its reason comes from the op. *Every symbol is a link to
# its card in the diagram above.*

derivation = tg.derive(model, "layer1/W", diagram=picture)
derivation

# %%
# Read it from the inside to the outside. Start with the error :math:`h_3 - t`. Multiply by the
# slope of the third sigmoid and by :math:`W_3^\top`. Then multiply by the slope of the second
# sigmoid and by :math:`W_2^\top`. Finally, multiply by the slope of the first sigmoid and by the
# input. The statement above says the same. There, :math:`\delta_k` is the gradient at the
# pre-activation of layer k.
#
# Index form and matrix form
# --------------------------
# The gradient of one weight of the first layer, :math:`W_{1,pq}`, is a sum over the samples i and
# the units r of the second layer. (The third layer has a single unit.) *Multiply along each path,
# and add the products of all paths:*
#
# .. math::
#
#     \frac{\partial L}{\partial W_{1,pq}} = \sum_i x_{ip}\;
#       \underbrace{\sigma'(a_{1,iq})}_{\text{layer 1}}\;
#       \sum_r W_{2,qr}\, \underbrace{\sigma'(a_{2,ir})}_{\text{layer 2}}\,
#       W_{3,r1}\, \underbrace{\sigma'(a_{3,i1})}_{\text{layer 3}}\;
#       \frac2n (h_{3,i1} - t_i) .
#
# **Shape check.** With H = 4 units: :math:`\delta_3` is (B, 1); :math:`\delta_3 W_3^\top` is (B,
# 1)(1, 4) = (B, 4) as :math:`h_2`; :math:`\delta_2 W_2^\top` is (B, 4)(4, 4) as :math:`h_1`;
# :math:`x^\top \delta_1` is (2, B)(B, 4) = (2, 4) as :math:`W_1`. The last column of the table
# gives the shapes for every line.
#
# The numbers
# -----------
# Here are the lines of NumPy behind the table. Below, their results are compared with ``backward``:

print(derivation.code)

# %%
value = {node.name: node.value for node in model.nodes}
h1, h2, h3 = (value[f"layer{k}/h"] for k in (1, 2, 3))
delta3 = 2 / len(X) * (h3 - T) * h3 * (1 - h3)
delta2 = (delta3 @ value["layer3/W"].T) * h2 * (1 - h2)
delta1 = (delta2 @ value["layer2/W"].T) * h1 * (1 - h1)
by_statement = X.T @ delta1


def by_indices(p, q):
    """Return one element as the sum over all paths."""
    total = 0.0
    for i in range(len(X)):
        for r in range(4):
            path = X[i, p] * h1[i, q] * (1 - h1[i, q])
            path *= value["layer2/W"][q, r] * h2[i, r] * (1 - h2[i, r])
            path *= value["layer3/W"][r, 0] * h3[i, 0] * (1 - h3[i, 0])
            total += path * 2 / len(X) * (h3[i, 0] - T[i, 0])
    return total


gradient = model["layer1/W"].grad
rows = [
    [
        f"W1[{p}, {q}]",
        by_statement[p, q],
        derivation.evaluate()[p, q],
        by_indices(p, q),
        gradient[p, q],
    ]
    for p in range(2)
    for q in range(4)
]
headers = ["", "statement", "tg.derive", "index form", "backward"]
print(tabulate(rows, headers=headers, floatfmt=".9f"))
assert np.allclose(by_statement, gradient)
assert np.allclose(derivation.evaluate(), gradient)
assert np.allclose([row[3] for row in rows], gradient.ravel())

# %%
# **One node at a time.** The lab handout derives :math:`\partial \sigma/\partial w` in a single
# step: it differentiates :math:`e^{-x}` with :math:`x = w z`. This combines two applications of
# the chain rule. With a bias, a batch and a matrix, the shortcut gives a wrong result. So we take
# one node at a time:
#
# .. math::
#
#     \frac{\partial L}{\partial a} = \frac{\partial L}{\partial h} \odot \sigma'(a), \qquad
#     \frac{\partial L}{\partial W} = h_{\text{prev}}^\top \frac{\partial L}{\partial a}, \qquad
#     \frac{\partial L}{\partial b} = \sum_{\text{batch}} \frac{\partial L}{\partial a} .
#
# Here are the numbers for :math:`W_3`. The shortcut forgets :math:`b` in the exponent, so it
# evaluates :math:`\sigma'` at :math:`z = h_2 W_3` instead of :math:`a = z + b_3`.


def sigma_slope(numbers):
    s = 1 / (1 + np.exp(-numbers))
    return s * (1 - s)


dh3 = model["layer3/h"].grad
right = h2.T @ (dh3 * sigma_slope(value["layer3/a"]))
in_one_step = h2.T @ (dh3 * sigma_slope(value["layer3/z"]))
print(
    tabulate(
        np.hstack([right, in_one_step, model["layer3/W"].grad]),
        headers=["one node at a time", "σ′ at h2 W3, without b", "backward"],
        floatfmt=".6f",
    )
)
assert np.allclose(right, model["layer3/W"].grad)
assert not np.allclose(in_one_step, model["layer3/W"].grad, rtol=0.01)

# %%
# The code of the ops
# -------------------
# There is no special code for Lab 2: ``Graph.backward`` calls every op. The pages :doc:`05_layer`,
# :doc:`01_sigmoid` and :doc:`04_mse` derive the ops. This is the loop over them:
#
# .. literalinclude:: /../tinygraph/core/graph.py
#    :pyobject: Graph.backward
#    :dedent: 4
#
# A picture
# ---------
# The picture shows the size of the gradient at every node from the loss back to :math:`W_1`. Each
# sigmoid makes it smaller.

import matplotlib.pyplot as plt

names = [step.node.name for step in derivation.steps]
sizes = [float(np.linalg.norm(step.node.grad)) for step in derivation.steps]
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(range(len(names)), sizes, "o-", color="#b04600")
ax.set_xticks(range(len(names)), names, rotation=45, ha="right")
ax.set(yscale="log", ylabel="‖∂L/∂·‖")
plt.show()

# %%
# Common mistakes
# ---------------
# * Forgetting one :math:`\sigma'`. There are three on the path to :math:`W_1`, one for every layer,
#   including the last one.
# * Writing :math:`\sigma'(h)` instead of :math:`\sigma'(a) = h (1 - h)`: this applies the sigmoid
#   twice.
# * Updating :math:`W_3` *before* its old value has been used for :math:`\delta_2`. First compute
#   all gradients. Then take all steps.
