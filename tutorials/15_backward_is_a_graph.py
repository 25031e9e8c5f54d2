r"""
15 · The backward pass is a graph
=================================

**Question.** The forward pass is a graph of ops. Is the backward pass a graph, too? And how much
does it cost?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`03_layer`: what are the gradients of :math:`x` and :math:`W` in :math:`z = x W`?
#
# .. dropdown:: Answer
#
#     With the incoming gradient :math:`g`, they are :math:`g W^\top` and :math:`x^\top g`. Both are
#     matrix products.
#
# A backward method is a formula
# ------------------------------
# Look at the ``backward`` of a sigmoid: ``return g * y * (1 - y)``. It is a formula like any other.
# With arrays, it computes numbers. If we call it with *nodes*, NumPy builds the nodes of the
# formula:

import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

g, y = tg.Input("g", shape=(None, 4)), tg.Input("y", shape=(None, 4))
show(tg.render(g * y * (1 - y)))

# %%
# ``tg.gradients`` does this for a whole network. It visits the ops in reverse order, as
# ``Graph.backward`` does, and calls each ``backward`` with nodes. The result is a tuple of nodes,
# one for each node that you ask for.

rng = np.random.default_rng(0)
x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
W1 = tg.Parameter(rng.normal(size=(2, 4)), name="layer1/W")
W2 = tg.Parameter(rng.normal(size=(4, 1)), name="layer2/W")
z1 = tg.MatMul(x, W1, name="layer1/z")
h1 = tg.Tanh(z1, name="layer1/h")
z2 = tg.MatMul(h1, W2, name="layer2/z")
loss = tg.MSE(z2, t, name="loss")
gradient1, gradient2 = tg.gradients(loss, [W1, W2])
print(gradient1)

# %%
# .. admonition:: Predict
#
#     We draw the graph of ``gradient1``. Which nodes of the forward pass are in it? Is the loss in
#     it?

show(tg.render(tg.Graph(gradient1)))

# %%
# **Your prediction.** The graph has all forward nodes up to :math:`z_2`, because the backward pass
# reads their values. But the loss itself is not in it: the gradient of :math:`(z_2 - t)^2` needs
# :math:`z_2` and :math:`t`, not the loss. The group ``backward`` has the same layers as the forward
# pass, in reverse order. Each of its cards is one gradient, with the formula that the op's
# ``backward`` returned. ``tg.render(…, depth=2)`` draws every step of these formulas as a node.
#
# The numbers are bitwise equal to those of ``model.backward``, because the same code computes them:

X, T = tg.data.xor()
model = tg.Graph(loss)
model.forward(x=X, t=T)
model.backward()
assert np.array_equal(tg.Graph(gradient1).forward(x=X, t=T), W1.grad)

# %%
# What the backward pass costs
# ----------------------------
# Matrix products take most of the time. So we count them.
#
# .. admonition:: Predict
#
#     A network has :math:`k` layers, and each layer has one matrix product. How many matrix
#     products does the backward pass have? Does the cost of *all* gradients grow with the number
#     of weights?


def network(layers, units=4):
    h = tg.Input("x", shape=(None, units))
    weights = []
    for k in range(1, layers + 1):
        W = tg.Parameter(0.5 * rng.normal(size=(units, units)), name=f"layer{k}/W")
        weights.append(W)
        h = np.tanh(h @ W)
    return np.mean(h**2), weights


def products(nodes):
    graph = {node for output in nodes for node in tg.Graph(output).nodes}
    return sum(isinstance(node, tg.MatMul) for node in graph)


for layers in (1, 2, 4, 8, 16):
    output, weights = network(layers)
    forward = products([output])
    both = products([output, *tg.gradients(output, weights)])
    print(f"{layers:2} layers: {forward:2} products forward, {both - forward:2} backward")
    assert both - forward == 2 * layers - 1

# %%
# **Your prediction.** For each product of the forward pass, the backward pass has two: :math:`g
# W^\top` and :math:`x^\top g`. One is missing, because we did not ask for the gradient of the input
# :math:`x`. So all gradients together cost about twice as much as the loss itself, however many
# weights there are. This is why networks are trained with back-propagation.
#
# Forward mode
# ------------
# The chain rule can also be applied from the inputs to the output. This is *forward mode*. It moves
# one change :math:`\dot x` through the network: :math:`\dot z = \dot x W`, and so on. One such pass
# gives the change of *all* outputs for *one* direction of the input. One backward pass gives the
# slope of *one* output for *all* inputs:
#
# ================================== ================ ==============
# function                           forward mode     reverse mode
# ================================== ================ ==============
# 1,000,000 weights → 1 loss         1,000,000 passes 1 pass
# 1 angle → 1,000 coordinates        1 pass           1,000 passes
# ================================== ================ ==============
#
# A loss is one number, so reverse mode wins.
#
# Which values must be kept
# -------------------------
# In a chain of ops, forward mode can drop each value when the next one is computed. Reverse mode
# cannot do this. The backward pass starts after the forward pass is complete, and it reads values
# of the forward pass. The graph shows which ones.
#
# .. admonition:: Predict
#
#     Which of :math:`x`, :math:`z_1`, :math:`h_1` and :math:`z_2` does the backward pass of our
#     network read?

both = tg.Graph(np.sum(gradient1) + np.sum(gradient2))
backward = [node for node in both.nodes if node.name.startswith("backward")]
read = {parent.name for node in backward for parent in node.inputs}
kept = sorted(name for name in read if not name.startswith("backward"))
print("kept for the backward pass:", ", ".join(kept))
assert "layer1/h" in kept
assert "layer1/z" not in kept

# %%
# **Your prediction.** It reads :math:`x`, :math:`h_1` and :math:`z_2` (and the weights and the
# labels), but not :math:`z_1`: the slope of tanh is :math:`1 - h_1^2`. The memory of training grows
# with the number of layers, because each layer keeps its output.
#
# The program
# -----------
# You can compile a graph, and read both passes as one program. The next program first computes the
# squared length of the gradient. Then comes the backward pass of this computation: a backward pass
# through a backward pass.

squared_length = tg.Sum(gradient1 * gradient1, name="squared_length")
print(tg.compile(tg.Graph(squared_length)).source)

# %%
# Higher derivatives
# ------------------
# The gradient is a node, so it has a gradient, too. The fourth derivative of the sine is the sine
# again:

angle = tg.Parameter(0.5, name="angle")
wave = np.sin(angle)
for order in range(1, 5):
    (wave,) = tg.gradients(wave, [angle])
    print(f"derivative {order}: {tg.Graph(wave).forward():+.4f}")
assert np.isclose(tg.Graph(wave).forward(), np.sin(0.5))

# %%
# **The answer to the question.** Yes, the backward pass is a graph. Each op's ``backward`` is a
# formula, and the formulas form the graph. It has about two matrix products for each one in the
# forward pass, and it needs the outputs of the layers in memory.
#
# Exercise
# --------
# A network has ten layers of one matrix product each. We want the gradients of all weights, but not
# that of the input. How many matrix products do the forward and the backward pass have together?

answer = None
show(check("15", answer))

# %%
# .. dropdown:: Solution
#
#     Forward: 10. Backward: :math:`x^\top g` for each of the 10 weights, and :math:`g W^\top` for
#     each layer except the first one, whose input is :math:`x`.
#
#     .. code-block:: python
#
#         answer = 10 + 10 + 9
#
# What this leaves out
# --------------------
# A ``backward`` that branches on numbers, loops over elements or writes into an array has no such
# graph. tinygraph refuses it and names the op. A deep network can also keep fewer values, and
# compute the others again in the backward pass (*checkpointing*). :doc:`16_curvature` uses the
# gradient of the gradient.
