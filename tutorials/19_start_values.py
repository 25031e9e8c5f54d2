r"""
19 · Start values and normalization
===================================

**Question.** Training begins with random weights. Does it matter how large they are?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`10_fading_gradients`: which two factors does each layer multiply a gradient by?
#
# .. dropdown:: Answer
#
#     By the slope of its activation, and by its weights.
#
# Not zero
# --------
# .. admonition:: Predict
#
#     What happens if all weights start at the same number, for example at 0.5? The network has four
#     units in its hidden layer. What are the four columns of ``layer1/W`` after 100 steps?

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

points, labels = tg.data.linear(100)
x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
W1 = tg.Parameter(np.full((2, 4), 0.5), name="layer1/W")
W2 = tg.Parameter(np.full((4, 1), 0.5), name="layer2/W")
y = tg.Sigmoid(tg.MatMul(tg.Tanh(tg.MatMul(x, W1)), W2), name="y")
equal = tg.Graph(tg.MSE(y, t, name="loss"), prediction=y)
tg.fit(equal, tg.SGD(equal.parameters, lr=1.0), x=points, t=labels, epochs=100, print_interval=0)
print(W1.value.round(4))
assert (W1.value == W1.value[:, :1]).all()

# %%
# **Your prediction.** They are still equal. Four units with the same weights compute the same
# value, so they get the same gradient, and a step keeps them equal. The layer is one unit, copied
# four times. Random start values break this *symmetry*.
#
# Not too small, not too large
# ----------------------------
# A unit adds up :math:`n` products of a weight and an input. Take independent weights with mean 0
# and standard deviation :math:`s`. Then the variances of the products add up:
#
# .. math:: \operatorname{mean}(z^2) = n\, s^2 \operatorname{mean}(x^2) .
#
# So each layer multiplies the size of the values by about :math:`\sqrt n\, s`, and ten layers
# multiply it by the tenth power of this.
#
# .. admonition:: Predict
#
#     Ten layers of 100 tanh units get inputs of size 1. The standard deviation of the weights is
#     0.05, 0.1 or 0.2. How large are the values in the last layer in each case?


def deep(activation, s, units=100, layers=10, normalized=False):
    """Return a deep network after one forward and one backward."""
    rng = np.random.default_rng(0)
    x, t = tg.Input("x", shape=(None, units)), tg.Input("t", shape=(None, units))
    h = x
    for k in range(1, layers + 1):
        with tg.scope(f"layer{k}"):
            W = tg.Parameter(s * rng.normal(size=(units, units)), name="W")
            z = tg.MatMul(h, W, name="z")
        if normalized:
            z = tg.layers.layer_norm(z, name=f"layer{k}/norm")
        h = activation(z, name=f"layer{k}/h")
    model = tg.Graph(tg.MSE(h, t, name="loss"), prediction=h)
    model.forward(x=rng.normal(size=(200, units)), t=rng.normal(size=(200, units)))
    model.backward()
    return model


def sizes(model, layers=10):
    """Return the root mean square of each layer's values, and of the gradients of its weights."""

    def size(array):
        return float(np.sqrt(np.mean(array**2)))

    values = [size(model[f"layer{k}/h"].value) for k in range(1, layers + 1)]
    grads = [size(model[f"layer{k}/W"].grad) for k in range(1, layers + 1)]
    return values, grads


def compare(networks):
    """Plot the sizes of values and gradients in each layer."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    colors = ("#0067a3", "#b04600", "#00755a")
    for (name, model), marker, color in zip(networks.items(), "os^", colors, strict=True):
        values, grads = sizes(model)
        left.semilogy(range(1, 11), values, marker + "-", color=color, label=name)
        right.semilogy(range(1, 11), grads, marker + "-", color=color, label=name)
    left.set(xlabel="layer", ylabel="size of the values", xticks=range(1, 11))
    right.set(xlabel="layer", ylabel="size of the weights' gradient", xticks=range(1, 11))
    for axis in (left, right):
        middle = np.sqrt(np.prod(axis.get_ylim()))
        axis.set_ylim(min(axis.get_ylim()[0], middle / 10), max(axis.get_ylim()[1], middle * 10))
    left.legend(frameon=False)
    return fig


tanh = {f"s = {s}": deep(tg.Tanh, s) for s in (0.05, 0.1, 0.2)}
show(compare(tanh))

# %%
# **Your prediction.** With 0.05 the values halve in each layer, since :math:`\sqrt{100} \cdot 0.05
# = 0.5`, and almost nothing is left after ten layers. With 0.1 the factor is 1, and the values
# shrink only slowly, because tanh is a little flatter than a straight line. With 0.2 many units are
# close to 1 or −1: they are saturated.

values = {name: sizes(model)[0][-1] for name, model in tanh.items()}
print({name: round(value, 4) for name, value in values.items()})
assert values["s = 0.05"] < 0.005
assert 0.1 < values["s = 0.1"] < 0.5
assert values["s = 0.2"] > 0.6

# %%
# A standard deviation of :math:`1/\sqrt n` keeps the values. For the gradients, the same argument
# with the *outputs* of the layer gives :math:`1/\sqrt m` for :math:`m` outputs. Glorot and Bengio
# proposed the compromise :math:`\sqrt{2 / (n + m)}`, which is called *Xavier initialization*. A
# ReLU sets half of its inputs to 0, which halves the mean square. So it needs :math:`\sqrt{2/n}`,
# the *He initialization*. :doc:`/derivations/17_initialization` derives both.

relu = {
    "s = √(1/n)": deep(tg.ReLU, (1 / 100) ** 0.5),
    "s = √(2/n), He": deep(tg.ReLU, (2 / 100) ** 0.5),
    "s = √(4/n)": deep(tg.ReLU, (4 / 100) ** 0.5),
}
show(compare(relu))

# %%
# The functions of :mod:`tinygraph.layers` take ``init="xavier"``, ``"he"`` or ``"normal"``.
#
# Normalization
# -------------
# The scale is right only at the start: training changes the weights. *Layer normalization* computes
# the mean and the standard deviation of each sample's values. It subtracts the mean, and divides by
# the standard deviation. Then it multiplies by a trained gain and adds a trained bias:
#
# .. math:: h = \gamma\, \frac{z - \operatorname{mean}(z)}{\operatorname{std}(z)} + \beta .
#
# .. admonition:: Predict
#
#     Now there is a layer normalization before each activation. What do the three curves look like
#     for weights of the scale 0.05, 0.1 and 0.2?

normalized = {f"s = {s}": deep(tg.Tanh, s, normalized=True) for s in (0.05, 0.1, 0.2)}
show(compare(normalized))

# %%
# **Your prediction.** The values are the same for every scale. If all weights are twice as large,
# then :math:`z` and its standard deviation are twice as large, and the quotient does not change.
# The curves of the gradients have the same form, too, but they are twice as high if the weights are
# half as large. So small weights take long steps, and large weights take short ones.

ends = [sizes(model)[0][-1] for model in normalized.values()]
assert np.ptp(ends) < 1e-3
half, whole = sizes(normalized["s = 0.05"])[1], sizes(normalized["s = 0.1"])[1]
assert np.allclose(np.array(half) / whole, 2, rtol=1e-2)

# %%
# **The answer to the question.** Yes. Equal weights never become different. Small weights make
# values and gradients vanish, and large ones saturate or explode. Random weights with the standard
# deviation :math:`1/\sqrt n`, or :math:`\sqrt{2/n}` for ReLU, keep the size of the values.
# Normalization keeps it during training as well.
#
# Exercise
# --------
# A layer has 200 inputs and is followed by a ReLU. Which standard deviation of its weights keeps
# the mean square of the values?

answer = None
show(check("19", answer))

# %%
# .. dropdown:: Solution
#
#     The linear op multiplies the mean square by :math:`200\, s^2`, and the ReLU multiplies it by
#     :math:`\tfrac12`. The product must be 1.
#
#     .. code-block:: python
#
#         answer = (2 / 200) ** 0.5
#
# What this leaves out
# --------------------
# *Batch normalization* uses the mean and the variance of the batch for each unit; see
# :func:`tinygraph.layers.batch_norm`. Its result for one sample depends on the other samples, so it
# behaves differently in training and in prediction. Layer normalization does not.
