r"""
10 · Gradients that fade, units that die
========================================

**Question.** A network does not learn. Its gradients are there, and they are right. What can be
wrong with them all the same?"""

# %%
# Fading
# ------
# A gradient that passes a sigmoid is multiplied by the slope there, at most 1/4. Ten layers deep,
# that is at most :math:`(1/4)^{10}`, about one in a million, times what the weights do.
#
# .. admonition:: Predict
#
#     Ten layers of eight units, weights drawn from N(0, 1) and divided by :math:`\sqrt 8`. How many
#     times smaller is the gradient at the first layer than at the last, with sigmoids? With tanhs?

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg


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
    return [float(np.linalg.norm(model[f"layer{k}/a"].grad)) for k in range(1, 11)]


networks = {
    "sigmoid": deep(tg.Sigmoid, scale=8**-0.5),
    "tanh": deep(tg.Tanh, scale=8**-0.5),
    "ReLU": deep(tg.ReLU, scale=(2 / 8) ** 0.5),
}
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for (name, model), marker in zip(networks.items(), "os^", strict=True):
    ax.plot(range(1, 11), sizes(model), marker + "-", label=name)
    print(f"{name:8} last layer / first layer: {sizes(model)[-1] / sizes(model)[0]:,.1f}")
ax.set(yscale="log", xlabel="layer", ylabel="size of the gradient", xticks=range(1, 11))
ax.legend(frameon=False)
plt.show()

# %%
# What tinygraph says of it
# -------------------------
# :func:`tinygraph.diagnose` looks at one run and says what it sees, in sentences:

print(tg.diagnose(networks["sigmoid"]))

# %%
# In the picture of the gradients' flow the arrows thin out towards the input. (Here five layers of
# it.)

tg.render(deep(tg.Sigmoid, scale=8**-0.5, layers=5, units=4), gradients=True)

# %%
# Dying
# -----
# A ReLU lets a gradient through whole, or not at all. If a unit's pre-activation is negative for
# *every* sample, nothing arrives at its weights, so they never change, so it stays negative. One
# step with too large a learning rate is enough to get there; so is a bias that starts too low:

dead = deep(tg.ReLU, scale=(2 / 8) ** 0.5, layers=3, bias=-3.0)
print(tg.diagnose(dead))

# %%
# Saturation
# ----------
# Large weights do not make up for small slopes: they push the pre-activations to where
# the slope is nearly nothing.

print(tg.diagnose(deep(tg.Sigmoid, scale=10.0, layers=3)))

# %%
# Remedies
# --------
# * An activation whose slope reaches 1 (tanh, ReLU).
# * Weights scaled to the number of inputs :math:`m`: :math:`1/\sqrt m` for tanh, :math:`\sqrt{2/m}`
#   for ReLU, so that values neither grow nor shrink from layer to layer.
# * A bias that starts at 0, and a smaller learning rate, where units die.
# * Adam, which divides by the size of the gradient: it makes the steps of a faded layer as long as
#   the others'. It does not make the gradient better.
#
# Exercise
# --------
# A chain of ten sigmoids, each weight 1: :math:`h_k = \sigma(h_{k-1})`. Which is the largest number
# that :math:`|dh_{10}/dh_0|` can *never* exceed, by the bound on :math:`\sigma'` alone?

from tinygraph import exercises

answer = None
print(exercises.check("10", answer))

# %%
# .. dropdown:: Solution
#
#     .. code-block:: python
#
#         answer = (1 / 4) ** 10
#
# What this leaves out
# --------------------
# Batch normalisation and skip connections, the remedies that made networks of a hundred layers
# possible. The bound, with weights and whole layers, is derived in
# :doc:`/derivations/07_vanishing_gradients`.
