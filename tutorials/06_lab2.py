r"""
06 · Lab 2 as one graph, stepped through from end to end
========================================================

**Question.** The loss depends on the first weight matrix by way of nine other nodes. What
happens at each of them, forward and backward, when the network is trained for one step?"""

# %%
# The whole lab in one graph
# --------------------------
# Two inputs, two hidden layers of four sigmoids, one output, the mean squared error. The labels
# ``t`` are a node like any other. :func:`tinygraph.lab2.model` builds it with the lines of the
# earlier tutorials: MatMul, AddBias, Sigmoid, three times over.

import numpy as np

import tinygraph as tg

model = tg.lab2.model(hidden=4, activation="sigmoid", rng=0)
print(model.summary())

# %%
# Five points of the XOR data are enough to see everything, and few enough to look at every number.

X, T = tg.data.xor()
chosen = [0, 3, 10, 12, 20]
X, T = X[chosen], T[chosen]
print(np.hstack([X, T]))

# %%
# .. admonition:: Predict
#
#     The loss has the gradient 1 with respect to itself. Ten nodes later the gradient arrives
#     at ``layer1/W``. Will its entries be larger or smaller than those at ``layer3/W``? By how
#     much, roughly: 2, 10, 100 times?
#
# Step by step
# ------------
# Use the arrow keys, or click a node. Every step shows the formula, the same with this graph's
# names, the line of NumPy, and the numbers. On the way back, each gradient that leaves a node is
# asked for in the form "what arrives, times the local derivative".

stepper = tg.step_through(model, tg.SGD(model.parameters, lr=1.0), x=X, t=T)
stepper

# %%
# (``stepper.save("lab2.html")`` makes a page of it that needs no network, and ``tinygraph step``
# does the same from a terminal.)
#
# The same, all at once
# ---------------------

model.forward(x=X, t=T)
model.backward()
tg.render(model, gradients=True)

# %%
# Back to your prediction:

for k in (3, 2, 1):
    print(
        f"layer{k}/W  largest entry of the gradient: {np.abs(model[f'layer{k}/W'].grad).max():.6f}"
    )
sizes = [np.abs(model[f"layer{k}/W"].grad).max() for k in (1, 2, 3)]
assert sizes[0] < sizes[1] < sizes[2]

# %%
# Each sigmoid on the way lets at most a quarter through, and each layer's weights mix what is left.
# :doc:`/derivations/06_lab2_end_to_end` has the derivation of this very gradient, every symbol
# linked to its node.
#
# One step of training
# --------------------
# All gradients first, then all steps: an update that came earlier would change a weight that the
# rest of the way back still needs.

before = model.forward(x=X, t=T)
model.backward()
optimizer = tg.SGD(model.parameters, lr=1.0)
optimizer.step()
after = model.forward(x=X, t=T)
print(f"loss {before:.6f} → {after:.6f}")
assert after < before

# %%
# Exercise
# --------
# Write :math:`\partial L/\partial W_1` by hand. The answer is a function of a dictionary ``v``,
# which holds the *values* of all nodes by name (``v["x"]``, ``v["t"]``, ``v["layer1/h"]``,
# ``v["layer2/W"]`` and so on), and returns the gradient of ``layer1/W``. No gradients are given,
# only values.

from tinygraph import exercises

answer = None
print(exercises.check("06", answer))

# %%
# .. dropdown:: Solution
#
#     .. code-block:: python
#
#         def answer(v):
#             h1, h2, h3 = v["layer1/h"], v["layer2/h"], v["layer3/h"]
#             d3 = 2 / h3.size * (h3 - v["t"]) * h3 * (1 - h3)
#             d2 = d3 @ v["layer3/W"].T * h2 * (1 - h2)
#             d1 = d2 @ v["layer2/W"].T * h1 * (1 - h1)
#             return v["x"].T @ d1
#
# What this leaves out
# --------------------
# One step is not training: :doc:`07_training`. And a gradient that fades from layer to layer is a
# problem with names and remedies: :doc:`10_fading_gradients`.
