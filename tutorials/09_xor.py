r"""
09 · Why XOR needs a nonlinearity
=================================

**Question.** What can three layers without activations learn that one layer cannot?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`04_activations`: what does a ReLU do to a value, and what does it do to a gradient?
#
# .. dropdown:: Answer
#
#     It keeps a positive value and replaces a negative one by 0. It lets the gradient through where
#     the value is positive, and stops it elsewhere.
#
# A chain of linear maps is linear
# --------------------------------
# Write out two layers without an activation:
#
# .. math:: (x W_1 + b_1) W_2 + b_2 = x \underbrace{(W_1 W_2)}_{W} + \underbrace{(b_1 W_2 +
#    b_2)}_{b} .
#
# The result has one matrix and one bias, so it is one layer. The two layers have more parameters,
# but they cannot compute anything that a single layer cannot. :doc:`/derivations/08_linear` has the
# proof for any depth.
#
# .. admonition:: Predict
#
#     The XOR data set has 21 points: 11 of class 0 on one diagonal of the square, and 10 of class 1
#     on the other. A linear model computes :math:`y = w_1 x_1 + w_2 x_2 + b`. Which :math:`w_1`,
#     :math:`w_2` and :math:`b` give the smallest mean squared error? Use the symmetry of the
#     square.

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

X, T = tg.data.xor()
design = np.column_stack([X, np.ones(len(X))])
best, *_ = np.linalg.lstsq(design, T, rcond=None)
best_loss = float(np.mean((design @ best - T) ** 2))
print("best w1, w2, b:", best.ravel().round(4) + 0.0)
print(f"its loss: {best_loss:.4f}")

# %%
# **Your prediction.** Both slopes are 0. Reflect every point through the centre of the square. This
# maps each class to itself. So the best model must give the same answer at a point and at its
# mirror image. A linear function does this only if both slopes are 0. The best model therefore
# gives the same answer everywhere: 10/21 ≈ 0.476, the fraction of points in class 1.
#
# Three linear layers reach the same loss after training:

linear_model = tg.lab2.model(activation="none", rng=0)
optimizer = tg.SGD(linear_model.parameters, lr=0.02)
history = tg.fit(linear_model, optimizer, x=X, t=T, epochs=4000, print_interval=0)
accuracy = np.mean(np.round(linear_model.predict(x=X)) == T)
print(f"loss after training: {history.loss[-1]:.4f}, accuracy: {accuracy:.1%}")
assert np.isclose(history.loss[-1], best_loss, atol=1e-4)

# %%
# One curved function after each layer is enough. Here is the same network with sigmoids:

sigmoid_model = tg.lab2.model(activation="sigmoid", rng=0)
optimizer = tg.Adam(sigmoid_model.parameters, lr=0.1)
history = tg.fit(sigmoid_model, optimizer, x=X, t=T, epochs=2000, print_interval=0)
accuracy = np.mean(np.round(sigmoid_model.predict(x=X)) == T)
print(f"loss after training: {history.loss[-1]:.1e}, accuracy: {accuracy:.1%}")

fig, axes = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
tg.plots.decision_regions(linear_model, X, T, ax=axes[0], title="no activation")
tg.plots.decision_regions(sigmoid_model, X, T, ax=axes[1], title="sigmoid")
show(fig)

# %%
# **The answer to the question.** Three layers without activations can learn nothing that one layer
# cannot. With activations, the layers can bend the plane, and XOR becomes possible.
#
# Try it
# ------
# This network has two hidden layers, but no activations. Press **Train**: the boundary stays
# straight for every learning rate and all start values.

page = tg.playground(
    lambda rng: tg.lab2.model(activation="none", output_activation="sigmoid", rng=rng),
    lambda parameters: tg.Adam(parameters, lr=0.05),
    x=X,
    t=T,
    title="Bend the boundary",
    task={
        "text": "Reach an accuracy of 100 %. No learning rate is enough for this.",
        "goal": {"accuracy at least": 1.0},
        "locked": ["data", "noise", "points", "optimizer", "batch size", "L2", "training data"],
        "done": "The activations bend the boundary. Look at the units: each bends it somewhere.",
    },
)
show(page)

# %%
# By hand, with two ReLUs
# -----------------------
# For the four corners of the square, two hidden units are enough. One unit computes :math:`x_1 -
# x_2` and the other :math:`x_2 - x_1`. A ReLU keeps only the positive part. So the sum of both
# units is :math:`|x_1 - x_2|`: 1 where the inputs differ, and 0 where they are equal.

x = tg.Input("x", shape=(None, 2))
W1 = tg.Parameter([[1.0, -1.0], [-1.0, 1.0]], name="layer1/W")
W2 = tg.Parameter([[1.0], [1.0]], name="layer2/W")
h = tg.ReLU(tg.MatMul(x, W1, name="layer1/z"), name="layer1/h")
by_hand = tg.Graph(tg.MatMul(h, W2, name="y"))
corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
print(np.column_stack([corners, by_hand.predict(x=corners)]))
show(tg.render(by_hand))

# %%
# Exercise
# --------
# Find another network for the four corners, :math:`y = \mathrm{ReLU}(x W_1 + b_1)\, W_2 + b_2`.
# This time *both columns of* :math:`W_1` *must be* (1, 1). Give ``(W1, b1, W2, b2)`` with the
# shapes (2, 2), (2,), (2, 1) and (1,). Lists are fine.

answer = None
show(check("09", answer))

# %%
# .. dropdown:: Solution
#
#     Both units see :math:`s = x_1 + x_2`, which is 0, 1, 1 or 2. The first unit keeps :math:`s`.
#     The second unit starts at 1, :math:`\max(s - 1, 0)`. The output subtracts it twice, so the
#     value at :math:`s = 2` becomes 0.
#
#     .. code-block:: python
#
#         answer = ([[1, 1], [1, 1]], [0, -1], [[1], [-2]], [0])
#
# What this leaves out
# --------------------
# *Some* network can compute XOR, but training does not always find it. From some starting points,
# gradient descent does not solve the problem even in thousands of epochs. Another question is how
# wide or deep a network must be for other problems. This page does not answer it.
