r"""
01 · One neuron, by hand and as a graph
=======================================

**Question.** A neuron computes :math:`h = \sigma(w x + b)`. Its answer is wrong. In which direction
should you move the bias :math:`b`, and how strongly does the loss react?

First you compute the answer with pencil and paper. Then a graph of nodes computes the same numbers.
"""

# %%
# By hand
# -------
# Take one input :math:`x = 2`, one weight :math:`w = -1`, one bias :math:`b = 3` and the target
# :math:`t = 0`. The loss is the squared difference.
#
# .. math::
#
#     \begin{gathered}
#     z = w x = -2, \qquad a = z + b = 1, \\
#     h = \sigma(a) = \frac{1}{1 + e^{-1}} \approx 0.7311, \qquad L = (h - t)^2 \approx 0.5344 .
#     \end{gathered}
#
# Now go backward. At every step, ask one question: *if the input increases a little, how much does
# the output increase?* This ratio is the *local derivative* of the step. Multiply the local
# derivatives along the path:
#
# .. math::
#
#     \begin{gathered}
#     \frac{dL}{dh} = 2 (h - t) \approx 1.4621, \qquad
#     \sigma'(a) = h (1 - h) \approx 0.1966, \\
#     \frac{dL}{da} = \frac{dL}{dh} \cdot \sigma'(a) \approx 0.2875 .
#     \end{gathered}
#
# (:doc:`/derivations/01_sigmoid` shows why :math:`\sigma'(a) = h (1 - h)`.)
#
# One step is left. In :math:`a = z + b`, the value :math:`a` increases exactly as much as
# :math:`b`. So the last local derivative is 1, and :math:`dL/db \approx 0.2875 \cdot 1 = 0.2875`.
#
# .. admonition:: Predict
#
#     Write your answers down before you read on. What is :math:`dL/dw`? Should the weight increase
#     or decrease to make the loss smaller? And the bias?
#
# As a graph
# ----------
# A graph has one node for every quantity above. When you build the nodes, nothing is computed yet.
# You only say which node depends on which.

import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

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
# ``forward`` visits the nodes from the inputs to the output and computes their values. Compare them
# with the numbers above.

loss = model.forward(x=2.0, t=0.0)
for node in model.nodes:
    print(f"{node.name:2}  value {float(node.value):8.4f}")

# %%
# ``backward`` visits the same nodes from the output to the inputs. It stores in every node the
# derivative of the loss with respect to that node. This number is the node's *gradient*.

model.backward()
for node in reversed(model.nodes):
    print(f"{node.name:2}  gradient {float(node.grad):8.4f}")

# %%
# **Your prediction.** :math:`z = w x` grows :math:`x` times as fast as :math:`w`. So
# :math:`dL/dw = dL/da \cdot x \approx 0.2875 \cdot 2 = 0.575`. This is positive, so the loss grows
# with the weight, and the weight must *decrease*.
#
# **The answer to the question.** :math:`dL/db \approx 0.2875` is positive too, so the bias must
# also decrease. Near :math:`b = 3`, the loss falls by about 0.29 times the distance that you move
# :math:`b`.
#
# The picture has one card per node, with its value above and its gradient below. (``show`` displays
# a picture. When you run this page as a script, it saves the picture and prints the path. Add
# ``--open`` to see the pictures in your browser.)

show(tg.render(model, gradients=True))

# %%
# Now walk through the run yourself, one node at a time. Use the arrow keys or the buttons, or click
# a node. "Predict first" asks you for each result before it shows it.

show(tg.step_through(model, x=2.0, t=0.0))

# %%
# Is that right? Change the weight a little
# -----------------------------------------
# A derivative predicts the effect of a small change. You can test this prediction: change the
# weight a little, and run ``forward`` again.

nudge = 1e-6
w.value = -1.0 + nudge
risen = model.forward(x=2.0, t=0.0)
w.value = -1.0
print(f"increase of the loss / increase of w = {(risen - loss) / nudge:.4f}")
assert np.isclose((risen - loss) / nudge, 0.5749, atol=1e-4)

# %%
# Exercise
# --------
# Another neuron has :math:`w = 2` and :math:`b = -4`. It sees the sample :math:`x = 3`, :math:`t =
# 1`. Compute :math:`dL/dw` by hand, to three digits. Write your number instead of ``None``, and run
# the script, or this cell, again. You can type a number, or text such as ``"-3/8"``.

answer = None
show(check("01", answer))

# %%
# .. dropdown:: Solution
#
#     :math:`a = 2 \cdot 3 - 4 = 2` and :math:`h = \sigma(2) \approx 0.8808`. So :math:`dL/dh =
#     2 (0.8808 - 1) \approx -0.2384`, and :math:`\sigma'(a) = 0.8808 \cdot 0.1192 \approx 0.1050`.
#     The weight is multiplied by :math:`x = 3`.
#
#     .. code-block:: python
#
#         answer = -0.2384 * 0.1050 * 3
#
# What this leaves out
# --------------------
# This page has one sample and one neuron, and every value is a scalar. On the next page, one value
# is used twice. The page after that has a whole layer and a batch of samples.
