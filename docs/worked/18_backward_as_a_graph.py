r"""
The backward pass as a graph
============================

**Statement.** Let a scalar :math:`L` be computed by nodes :math:`v_1, \dots, v_N` in topological
order, :math:`v_N = L`. Write :math:`\bar v_k = \partial L / \partial v_k`. Then

.. math:: \bar v_N = 1, \qquad
          \bar v_k = \sum_{\text{ops } m \text{ that read } k}
          \Bigl(\frac{\partial v_m}{\partial v_k}\Bigr)^{\!\top} \bar v_m ,

computed for :math:`k = N - 1, \dots, 1`. Each term is a formula of the values of op m. So the
backward pass is itself a graph of ops, and the rule can be applied to it again.
"""

# %%
# Derivation
# ----------
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`\bar v_N = \dfrac{\partial L}{\partial L} = 1`
#      - the last node is :math:`L` itself
#    * - :math:`L = L(v_{m_1}, v_{m_2}, \dots)`
#      - fix all nodes except :math:`v_k`: it reaches :math:`L` only through the ops
#        :math:`m_1, m_2, \dots` that read it
#    * - :math:`\dfrac{\partial L}{\partial v_k} = \sum_m \Bigl(\dfrac{\partial v_m}{\partial
#        v_k}\Bigr)^{\!\top} \dfrac{\partial L}{\partial v_m}`
#      - chain rule for several variables: the contributions of all paths add up
#    * - :math:`m > k` for every op m that reads k
#      - topological order: when :math:`\bar v_k` is computed, every :math:`\bar v_m` is complete
#    * - :math:`\Bigl(\dfrac{\partial v_m}{\partial v_k}\Bigr)^{\!\top} \bar v_m =
#        \operatorname{backward}_m(\bar v_m, v_m, \dots)`
#      - each op gives this product directly; it never builds the matrix
#    * - :math:`\operatorname{backward}_m` is built from the same ops: products, sums, functions
#      - so :math:`\bar v_k` is a node, computed from nodes, and :math:`\partial \bar v_k / \partial
#        v_j` follows by the same rule
#
# How expensive is it? A matrix product :math:`z = x W` has two gradients,
# :math:`\bar x = \bar z W^\top` and :math:`\bar W = x^\top \bar z`. Each of them is a product of
# the same cost. So the backward pass has two products for each forward product, whatever the number
# of weights is.
#
# Index form and matrix form
# --------------------------
# .. math::
#
#     \bar v_{k,a} = \sum_m \sum_b \frac{\partial v_{m,b}}{\partial v_{k,a}}\, \bar v_{m,b}
#     \quad\Longleftrightarrow\quad
#     \bar v_k = \sum_m J_{mk}^\top\, \bar v_m , \qquad
#     J_{mk} = \frac{\partial v_m}{\partial v_k} .
#
# For a chain this is :math:`\bar v_1 = J_2^\top J_3^\top \cdots J_N^\top \cdot 1`. *Reverse mode*
# multiplies from the right, and each step is a matrix times a vector. *Forward mode* multiplies
# :math:`J_N \cdots J_2\, \dot v_1` from the other end. It gives the derivatives with respect to one
# input; reverse mode gives those of one output.
#
# **Shape check.** :math:`J_{mk}` has one row per element of :math:`v_m` and one column per element
# of :math:`v_k`. Its transpose times :math:`\bar v_m` has the elements of :math:`v_k`.
#
# The numbers
# -----------
# For a small network, the graph of the backward pass and ``backward`` give bitwise equal gradients:

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg

rng = np.random.default_rng(0)
x = tg.Input("x", shape=(None, 2))
W1 = tg.Parameter(rng.normal(size=(2, 3)), name="W1")
W2 = tg.Parameter(rng.normal(size=(3, 1)), name="W2")
h = tg.Tanh(tg.MatMul(x, W1, name="z1"), name="h")
L = tg.Sum(tg.Square(tg.MatMul(h, W2, name="y"), name="y2"), name="L")
model = tg.Graph(L)
X = rng.normal(size=(4, 2))
model.forward(x=X)
model.backward()
for parameter, gradient in zip((W1, W2), tg.gradients(L, [W1, W2]), strict=True):
    value = tg.Graph(gradient).forward(x=X)
    print(f"{parameter.name}: equal: {np.array_equal(value, parameter.grad)}")
    assert np.array_equal(value, parameter.grad)

# %%
# The cost, counted on the graph:

products = {}
nodes = set(model.nodes)
products["forward"] = sum(isinstance(node, tg.MatMul) for node in nodes)
for gradient in tg.gradients(L, [x, W1, W2]):
    nodes |= set(tg.Graph(gradient).nodes)
products["backward"] = sum(isinstance(node, tg.MatMul) for node in nodes) - products["forward"]
print(products)
assert products["backward"] == 2 * products["forward"]

# %%
# We can also differentiate a derivative. For :math:`L = w^4`, the graph gives :math:`4 w^3`,
# :math:`12 w^2` and :math:`24 w`:

w = tg.Parameter(2.0, name="w")
node = w**4
for order, expected in ((1, 32.0), (2, 48.0), (3, 48.0)):
    (node,) = tg.gradients(node, [w])
    print(f"derivative {order}:", tg.Graph(node).forward())
    assert tg.Graph(node).forward() == expected

# %%
# The code
# --------
# ``Graph.backward`` is the rule of this page, on arrays. ``tg.gradients`` is the same loop, on
# nodes.
#
# .. literalinclude:: /../tinygraph/core/graph.py
#    :pyobject: Graph.backward
#    :start-at: self._start_backward
#    :dedent: 8
#
# A picture
# ---------
# The diagram shows the forward and the backward pass together. Each gradient reads values of the
# forward pass, so these values must stay in memory until then.

(dW1,) = tg.gradients(L, [W1])
tg.render(tg.Graph(dW1))

# %%
# Reverse mode costs the same for any number of inputs; forward mode costs the same for any number
# of outputs. The numbers of passes for a network with one output:

inputs = np.array([1, 3, 10, 30, 100])
fig, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
ax.loglog(inputs, inputs, "o-", color="#b04600", label="forward mode")
ax.loglog(inputs, np.ones(5), "s-", color="#0067a3", label="reverse mode")
ax.set(xlabel="number of weights", ylabel="passes")
ax.legend(frameon=False)
plt.show()

# %%
# Common mistakes
# ---------------
# * Setting a gradient instead of adding to it. If two ops read a node, the second contribution
#   overwrites the first.
# * Visiting an op before all its readers are done. Its gradient is then incomplete.
# * Differentiating the *numbers* of a gradient. An array has no history: only the graph of the
#   gradient can be differentiated again.
