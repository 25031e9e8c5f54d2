r"""
01 · One neuron, by hand and as a graph
=======================================

**Question.** A neuron computes :math:`h = \sigma(w x + b)`. If its answer is wrong, in which
direction, and how strongly, should the bias :math:`b` move?

We compute the answer with pencil and paper, then let a graph of nodes compute the same numbers.
"""

# %%
# By hand
# -------
# One input :math:`x = 2`, one weight :math:`w = -1`, one bias :math:`b = 3`, and the target
# :math:`t = 0`. The loss is the squared difference.
#
# .. math::
#
#     \begin{gathered}
#     z = w x = -2, \qquad a = z + b = 1, \\
#     h = \sigma(a) = \frac{1}{1 + e^{-1}} \approx 0.731, \qquad L = (h - t)^2 \approx 0.534 .
#     \end{gathered}
#
# Now backwards. Ask of every step only one thing: *if what goes in grows a little, how much does
# what comes out grow?* That is its local derivative. Multiply them along the way:
#
# .. math::
#
#     \frac{dL}{dh} = 2 (h - t) \approx 1.462, \qquad
#     \frac{dL}{da} = \frac{dL}{dh} \cdot \sigma'(a) \approx 1.462 \cdot 0.197 = 0.287 .
#
# (:doc:`/derivations/01_sigmoid` shows why :math:`\sigma'(a) = h (1 - h)`.)
#
# .. admonition:: Predict
#
#     Before you go on: :math:`a = w x + b`. What is :math:`dL/dw`, and does the weight have to
#     grow or to shrink to make the loss smaller?
#
# As a graph
# ----------
# A graph has one node for every quantity above. Building the nodes computes nothing yet; it only
# says what depends on what.

import numpy as np

import tinygraph as tg

x = tg.Input("x", shape=())
t = tg.Input("t", shape=())
w = tg.Parameter(-1.0, name="w")
b = tg.Parameter(3.0, name="b")

z = tg.Multiply(w, x, name="z")
a = tg.Add(z, b, name="a")
h = tg.Sigmoid(a, name="h")
e = tg.Subtract(h, t, name="e")
model = tg.Graph(tg.Power(e, exponent=2, name="L"), prediction=h)

print(model.summary())

# %%
# ``forward`` walks the nodes from the inputs to the output. Compare with the numbers above.

loss = model.forward(x=2.0, t=0.0)
for node in model.nodes:
    print(f"{node.name:2}  value {float(node.value):7.3f}")

# %%
# ``backward`` walks the same nodes from the output to the inputs, and leaves in every node the
# derivative of the loss with respect to it: its *gradient*.

model.backward()
for node in reversed(model.nodes):
    print(f"{node.name:2}  gradient {float(node.grad):7.3f}")

# %%
# Here is your prediction's answer: :math:`dL/dw = dL/da \cdot x = 0.287 \cdot 2 = 0.575`. It is
# positive, so the loss grows with the weight: the weight has to *shrink*.
#
# The picture has one card for every node: its value above, its gradient below.

tg.render(model, gradients=True)

# %%
# And here you can walk through the run yourself, one node at a time: with the arrow keys, the
# buttons, or by a click on a node. "Predict first" asks you before it shows anything.

tg.step_through(model, x=2.0, t=0.0)

# %%
# Is that right? Nudge the weight
# -------------------------------
# A derivative claims what happens when a number changes a little. So change it a little.

nudge = 1e-6
w.value = -1.0 + nudge
risen = model.forward(x=2.0, t=0.0)
w.value = -1.0
print("the loss rose by", (risen - loss) / nudge, "for each unit of w")
assert np.isclose((risen - loss) / nudge, 0.5749, atol=1e-4)

# %%
# Exercise
# --------
# The same neuron sees another sample: :math:`x = 1`, :math:`t = 1`, with :math:`w = -1` and
# :math:`b = 1` (so :math:`a = 0`). Compute :math:`dL/db` by hand, write it in place of ``None``,
# and run the script again.

from tinygraph import exercises

answer = None
print(exercises.check("01", answer))

# %%
# .. dropdown:: Solution
#
#     :math:`h = \sigma(0) = 1/2`, so :math:`dL/dh = 2 (1/2 - 1) = -1`; :math:`\sigma'(0) = 1/4`,
#     and :math:`b` enters :math:`a` with the factor 1.
#
#     .. code-block:: python
#
#         answer = -1 * 1 / 4
#
# What this leaves out
# --------------------
# One sample, one neuron, and every number a scalar. What happens where a value is used twice comes
# next; a whole layer, and a batch of samples, after that.
