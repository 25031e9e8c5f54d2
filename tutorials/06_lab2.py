r"""
06 · Lab 2 as one graph, stepped through from end to end
========================================================

**Question.** The loss depends on the first weight matrix through nine other nodes. What happens at
each of them, forward and backward, when you train the network for one step?"""

# %%
# .. admonition:: Remember
#
#     Recall three facts from the last three pages. A layer computes :math:`z = h W`. What is the
#     gradient of :math:`h`? The loss is a mean over :math:`n` predictions. What is its gradient?
#     And what does a sigmoid do to a gradient?
#
# .. dropdown:: Answer
#
#     The gradient of :math:`h` is :math:`g\, W^\top`. The gradient of the loss is
#     :math:`\frac{2}{n} (y - t)`. A sigmoid multiplies each element of the gradient by
#     :math:`h (1 - h)`, which is at most 1/4.
#
# The whole lab in one graph
# --------------------------
# The network has two inputs, two hidden layers of four sigmoids, one output and the mean squared
# error. The labels ``t`` are a node like any other. :func:`tinygraph.lab2.model` builds the graph
# from the ops that you know: MatMul, AddBias and Sigmoid, three times.

import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

model = tg.lab2.model(hidden=4, activation="sigmoid", rng=0)
print(model.summary())

# %%
# Take five points of the XOR data. They are enough to see everything, and you can still read every
# number.

X, T = tg.data.xor()
chosen = [0, 3, 10, 12, 20]
X, T = X[chosen], T[chosen]
print(np.hstack([X, T]))

# %%
# .. admonition:: Predict
#
#     The gradient of the loss with respect to itself is 1. Ten nodes later the gradient reaches
#     ``layer1/W``. Are its elements larger or smaller than those of ``layer3/W``? By which factor,
#     roughly: 2, 10 or 100? Write your answer down.
#
# Step by step
# ------------
# Use the arrow keys, or click a node. Every step shows the formula, the same formula with this
# graph's names, the line of NumPy, and the numbers. In the backward pass you see two factors for
# each gradient: the incoming gradient and the local derivative.

stepper = tg.step_through(model, tg.SGD(model.parameters, lr=1.0), x=X, t=T)
show(stepper)

# %%
# (``stepper.save("lab2.html")`` writes this page to a file that works offline. The command
# ``tinygraph step`` shows the same steps in a terminal.)
#
# All layers at once
# ------------------
# The folded graph has one card per layer. The gradients of the parameters become smaller from
# ``layer3`` to ``layer1``:

model.forward(x=X, t=T)
model.backward()
show(tg.render(model, gradients=True, depth=0))

# %%
# And here is the end of the backward pass, where the gradient reaches ``layer1/W``:

show(tg.render(model, gradients=True, around="layer1/z"))

# %%
# Now check your prediction:

sizes = {k: np.abs(model[f"layer{k}/W"].grad).max() for k in (3, 2, 1)}
for k, size in sizes.items():
    print(f"layer{k}/W  largest element of the gradient: {size:.6f}")
print(f"layer3 / layer1: {sizes[3] / sizes[1]:.1f}")
assert 20 < sizes[3] / sizes[1] < 30

# %%
# **Your prediction.** The gradient of ``layer1/W`` is about 24 times *smaller*. Its path has two
# more sigmoids, and each multiplies the gradient by at most 1/4. So the two sigmoids give a factor
# of at least 16. The weights of layers 2 and 3 change the factor further.
#
# :doc:`/derivations/06_lab2_end_to_end` derives exactly this gradient. There, every symbol is
# linked to its node.
#
# One step of training
# --------------------
# First compute all gradients. Then update all weights. An earlier update would change a weight that
# the rest of the backward pass still needs.

before = model.forward(x=X, t=T)
model.backward()
optimizer = tg.SGD(model.parameters, lr=1.0)
optimizer.step()
after = model.forward(x=X, t=T)
print(f"loss {before:.6f} → {after:.6f}")
assert after < before

# %%
# **The answer to the question.** In the forward pass, each node computes its value from its inputs.
# In the backward pass, each node multiplies its incoming gradient by its local derivatives and
# passes the products to its inputs. Then the optimizer subtracts :math:`\eta` times the gradient
# from every parameter, and the loss has decreased.
#
# Exercise
# --------
# Write :math:`\partial L/\partial W_1` by hand. The answer is a function of a dictionary ``v``,
# which holds the *values* of all nodes by name: ``v["x"]``, ``v["t"]``, ``v["layer1/h"]``,
# ``v["layer2/W"]`` and so on. It contains no gradients. Return the gradient of ``layer1/W``.

answer = None
show(check("06", answer))

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
# One step is not training. That is the topic of :doc:`07_training`. Gradients that become smaller
# from layer to layer are a well-known problem with known remedies: :doc:`10_fading_gradients`.
