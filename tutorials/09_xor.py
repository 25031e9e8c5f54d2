r"""
09 · Why XOR needs a nonlinearity
=================================

**Question.** Three layers without activations: what can they learn that one layer cannot?
"""

# %%
# A chain of linear maps is linear
# --------------------------------
# Two layers, written out:
#
# .. math:: (x W_1 + b_1) W_2 + b_2 = x \underbrace{(W_1 W_2)}_{W} + \underbrace{(b_1 W_2 +
#    b_2)}_{b} .
#
# One matrix, one bias: one layer. It has more numbers in it, but there is no function that it can
# compute and a single layer cannot. :doc:`/derivations/08_linear` has the proof for any depth.
#
# .. admonition:: Predict
#
#     The XOR data set has 21 points: 11 of class 0 on one diagonal of the square, 10 of class 1 on
#     the other. What is the best that *any* straight function :math:`y = w_1 x_1 + w_2 x_2 + b` can
#     answer, if it is judged by the mean squared error?

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg

X, T = tg.data.xor()
design = np.column_stack([X, np.ones(len(X))])
best, *_ = np.linalg.lstsq(design, T, rcond=None)
print("best w1, w2, b:", best.ravel().round(6))
print("its loss:", float(np.mean((design @ best - T) ** 2)))

# %%
# The best slope is 0 in both directions: by symmetry, the answer is the same everywhere,
# 10/21 ≈ 0.476, the share of ones. Three linear layers, trained, end in the very same place:

linear_model = tg.lab2.model(activation="none", rng=0)
optimizer = tg.SGD(linear_model.parameters, lr=0.02)
history = tg.fit(linear_model, optimizer, x=X, t=T, epochs=4000, print_interval=0)
print("loss after training:", history.loss[-1])
print("accuracy:", np.mean(np.round(linear_model.predict(x=X)) == T))
assert np.isclose(history.loss[-1], np.mean((design @ best - T) ** 2), atol=1e-4)

# %%
# One curved function between the layers is enough. The same network with sigmoids:

sigmoid_model = tg.lab2.model(activation="sigmoid", rng=0)
optimizer = tg.Adam(sigmoid_model.parameters, lr=0.1)
history = tg.fit(sigmoid_model, optimizer, x=X, t=T, epochs=2000, print_interval=0)
print("loss:", history.loss[-1], " accuracy:", np.mean(np.round(sigmoid_model.predict(x=X)) == T))

fig, axes = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
tg.plots.decision_regions(linear_model, X, T, ax=axes[0], title="no activation")
tg.plots.decision_regions(sigmoid_model, X, T, ax=axes[1], title="sigmoid")
plt.show()

# %%
# By hand, with two ReLUs
# -----------------------
# For the four corners of the square, two hidden units do it. One looks at :math:`x_1 - x_2`, the
# other at :math:`x_2 - x_1`; a ReLU keeps what is positive, and the sum of the two is :math:`|x_1 -
# x_2|`: 1 where the inputs differ, 0 where they do not.

x = tg.Input("x", shape=(None, 2))
W1 = tg.Parameter([[1.0, -1.0], [-1.0, 1.0]], name="layer1/W")
W2 = tg.Parameter([[1.0], [1.0]], name="layer2/W")
h = tg.ReLU(tg.MatMul(x, W1, name="layer1/z"), name="layer1/h")
by_hand = tg.Graph(tg.MatMul(h, W2, name="y"))
corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
print(np.column_stack([corners, by_hand.predict(x=corners)]))
tg.render(by_hand)

# %%
# Exercise
# --------
# Find another network of the same form for the four corners,
# :math:`y = \mathrm{ReLU}(x W_1 + b_1)\, W_2 + b_2`, in which *both columns of* :math:`W_1` *are*
# (1, 1). Give ``(W1, b1, W2, b2)``, of shapes (2, 2), (2,), (2, 1) and (1,).

from tinygraph import exercises

answer = None
print(exercises.check("09", answer))

# %%
# .. dropdown:: Solution
#
#     Both units see :math:`s = x_1 + x_2`, which is 0, 1, 1 or 2. The first keeps :math:`s`; the
#     second is bent at 1, :math:`\max(s - 1, 0)`, and takes away twice what is beyond.
#
#     .. code-block:: python
#
#         answer = ([[1, 1], [1, 1]], [0, -1], [[1], [-2]], [0])
#
# What this leaves out
# --------------------
# That *some* network can do it does not say that training finds it: from some starts the lab's
# network with four units does not. How wide or deep a network has to be for other problems is a
# theory of its own.
