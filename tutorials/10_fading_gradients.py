r"""
10 · Gradients that vanish, units that die
==========================================

**Question.** A network does not learn. Its gradients exist and are correct. What can still be
wrong?"""

# %%
# .. admonition:: Remember
#
#     From :doc:`06_lab2`: the gradient of ``layer1/W`` was about 24 times smaller than that of
#     ``layer3/W``. Where did the factor come from?
#
# .. dropdown:: Answer
#
#     Its path has two more sigmoids. Each multiplies the gradient by at most 1/4. The weights
#     between them change the factor, too.
#
# Vanishing
# ---------
# A sigmoid multiplies each gradient by its slope, and this slope is at most 1/4. Each layer also
# multiplies by its weights. If the weights do not compensate for the small slopes, the gradient
# *vanishes*: from layer to layer, it shrinks by a roughly constant factor.
#
# .. admonition:: Predict
#
#     Take ten layers of eight units. The weights come from a normal distribution with mean 0 and
#     variance 1/8. How many times smaller is the gradient at the first layer than at the last one?
#     Write down a power of ten for sigmoids, and one for tanh.

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show


def deep(activation, scale, layers=10, units=8, bias=0.0):
    """Return a deep network after one forward and one backward."""
    rng = np.random.default_rng(0)
    x, t = tg.Input("x", shape=(None, units)), tg.Input("t", shape=(None, units))
    h = x
    for k in range(1, layers + 1):
        W = tg.Parameter(scale * rng.normal(size=(units, units)), name=f"layer{k}/W")
        b = tg.Parameter(np.full(units, bias), name=f"layer{k}/b")
        z = tg.MatMul(h, W, name=f"layer{k}/z")
        a = tg.AddBias(z, b, name=f"layer{k}/a")
        h = activation(a, name=f"layer{k}/h")
    model = tg.Graph(tg.MSE(h, t, name="loss"), prediction=h)
    model.forward(x=rng.normal(size=(50, units)), t=rng.uniform(size=(50, units)))
    model.backward()
    return model


def sizes(model):
    """Return the norm of each layer's gradient: the root of the sum of its squares."""
    return [float(np.linalg.norm(model[f"layer{k}/a"].grad)) for k in range(1, 11)]


networks = {
    "sigmoid": deep(tg.Sigmoid, scale=8**-0.5),
    "tanh": deep(tg.Tanh, scale=8**-0.5),
    "ReLU": deep(tg.ReLU, scale=(2 / 8) ** 0.5),
}
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for (name, model), marker in zip(networks.items(), "os^", strict=True):
    ax.plot(range(1, 11), sizes(model), marker + "-", label=name)
    ratio = sizes(model)[-1] / sizes(model)[0]
    print(f"{name:8} last layer / first layer: {ratio:,.1f}")
ax.set(yscale="log", xlabel="layer", ylabel="norm of the gradient", xticks=range(1, 11))
ax.legend(frameon=False)
show(fig)

# %%
# **Your prediction.** With sigmoids, the first layer's gradient is about a *million* times smaller
# than the last layer's. Nine slopes of 1/4 explain a factor of :math:`4^9 \approx 260\,000`. The
# rest comes from slopes below 1/4 and from the weights. With tanh, the factor is only about 8,
# because its slope is close to 1 near 0.

assert 1e6 < sizes(networks["sigmoid"])[-1] / sizes(networks["sigmoid"])[0] < 2e6
assert 5 < sizes(networks["tanh"])[-1] / sizes(networks["tanh"])[0] < 12

# %%
# A diagnosis
# -----------
# :func:`tinygraph.diagnose` looks at one run and describes its problems in sentences:

print(tg.diagnose(networks["sigmoid"]))

# %%
# In a picture of the gradients, the arrows become thinner towards the input. Here is a network of
# three layers, with one card per layer:

small = deep(tg.Sigmoid, scale=8**-0.5, layers=3, units=4)
show(tg.render(small, gradients=True, depth=0))

# %%
# Dying
# -----
# A ReLU lets a gradient through unchanged or not at all. Suppose that the pre-activation of a unit
# is negative for *every* sample. Then its weights receive no gradient. Plain gradient descent does
# not change them, so the unit stays off as long as its inputs stay the same. We call it *dead*.
#
# (Two things can bring it back. Earlier layers may learn and change its inputs. And an optimizer
# with a state, such as Momentum, may still move its weights for a while.)
#
# A single step with too large a learning rate can kill a unit. Here, the biases start too low:

dead = deep(tg.ReLU, scale=(2 / 8) ** 0.5, layers=3, bias=-3.0)
print(tg.diagnose(dead))

# %%
# Saturation
# ----------
# .. admonition:: Predict
#
#     Small slopes make a gradient smaller, and large weights make it larger. So can you repair a
#     sigmoid network with large weights? The next network has weights that are 28 times larger.
#     Which two columns of its table will change?

print(tg.diagnose(deep(tg.Sigmoid, scale=10.0, layers=3)))

# %%
# **Your prediction.** The last column and "saturated" change. The norm no longer shrinks towards
# the input: large weights *do* make up for small slopes. But now units are *saturated*. Large
# weights push their pre-activations far from 0, where the sigmoid is flat. The gradient passes
# through a few other units and samples, so the norm hides the problem. The weights of the saturated
# units change very little.
#
# Make layer 1 stop learning
# --------------------------
# The network in the page below has five hidden layers of tanh units, and each layer learns. The
# last plot of the page shows the norm of each layer's gradient. You know two ways to stop the first
# layer.


def deep_xor(rng):
    """Return a network of six layers for two inputs."""
    rng = np.random.default_rng(rng)
    h, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
    for k in range(1, 6):
        h = tg.Tanh(tg.layers.linear(h, 4, name=f"layer{k}", rng=rng), name=f"layer{k}/h")
    y = tg.Sigmoid(tg.layers.linear(h, 1, name="layer6", rng=rng), name="y")
    return tg.Graph(tg.MSE(y, t, name="loss"), prediction=y)


X, T = tg.data.xor()
page = tg.playground(
    deep_xor,
    lambda parameters: tg.SGD(parameters, lr=0.1),
    x=X,
    t=T,
    title="Make layer 1 stop learning",
    task={
        "text": "Make layer 1 stop learning: its gradient must be 1,000 times smaller than that "
        "of layer 6. One epoch is enough.",
        "goal": {"first gradient share below": 0.001},
        "locked": ["data", "noise", "points", "optimizer", "batch size", "L2", "training data"],
        "done": "Layer 6 still learns, but almost nothing reaches layer 1.",
    },
)
show(page)

# %%
# **The answer to the question.** A correct gradient can be too small to be useful. It may vanish
# over many layers. It may be 0 because units are dead, or almost 0 because units are saturated.
#
# Remedies
# --------
# * Use an activation whose slope reaches 1, such as tanh or ReLU.
# * Draw the weights with a standard deviation that fits the number of inputs :math:`m`:
#   :math:`1/\sqrt m` for tanh and :math:`\sqrt{2/m}` for ReLU. Then values neither grow nor shrink
#   much from layer to layer.
# * If units die, start the bias at 0 and use a smaller learning rate.
# * Use Adam, which divides by the size of the gradient. The steps in a layer with small gradients
#   become as long as in the others. But the gradient itself is still the same.
#
# Exercise
# --------
# A chain of seven sigmoids has the weight 2 before each of them: :math:`h_k = \sigma(2 h_{k-1})`,
# for :math:`k = 1, \dots, 7`. Use only :math:`\sigma' \le 1/4`. What is the smallest upper bound
# that you can prove for :math:`|dh_7/dh_0|`? You can type it as text, such as ``"(3/5)^4"``.

answer = None
show(check("10", answer))

# %%
# .. dropdown:: Solution
#
#     One layer gives :math:`dh_k/dh_{k-1} = 2\, \sigma'(2 h_{k-1}) \le 2/4`. The factors of the
#     seven layers are multiplied.
#
#     .. code-block:: python
#
#         answer = (2 / 4) ** 7
#
# What this leaves out
# --------------------
# Batch normalization and skip connections are the remedies that made networks of a hundred layers
# possible. :doc:`/derivations/07_vanishing_gradients` derives the bound for whole layers.
