r"""
20 · Overfitting
================

**Question.** The loss falls and falls, but on new data the network becomes worse. What has it
learned, and how can we stop this?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`18_digits`: which images show whether a network has learned to read?
#
# .. dropdown:: Answer
#
#     Images that it was not trained on.
#
# Too little data
# ---------------
# The points below come from two half moons, one for each class. Noise moves them, so the two
# classes overlap. There are only 60 points for training. 400 more points of the same kind are the
# *validation data*.
#
# .. admonition:: Predict
#
#     The network has 64 units in each of two hidden layers, more than 4,000 weights. It is trained
#     for a long time. Draw two curves: the loss on the training data and on the validation data.

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

X, T = tg.data.moons(60, noise=0.35, rng=0)
X_new, T_new = tg.data.moons(400, noise=0.35, rng=1)


def network(dropout=0.0, units=64):
    """Return a network with two hidden layers, with or without dropout after each of them."""
    rng = np.random.default_rng(0)
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
    h = x
    for k in (1, 2):
        h = tg.layers.linear(h, units, name=f"layer{k}", rng=rng, init="he")
        h = tg.ReLU(h, name=f"layer{k}/h")
        if dropout:
            h = tg.layers.dropout(h, dropout, name=f"layer{k}/dropout")
    z = tg.layers.linear(h, 1, name="layer3", rng=rng)
    return tg.Graph(tg.BinaryCrossEntropy(z, t, name="loss"), prediction=z, rng=0)


def train(model, weight_decay=0.0, epochs=500, **settings):
    """Train a model, and record its loss on the validation data."""
    optimizer = tg.AdamW(model.parameters, lr=0.005, weight_decay=weight_decay)
    return tg.fit(
        model,
        optimizer,
        x=X,
        t=T,
        epochs=epochs,
        print_interval=0,
        validation={"x": X_new, "t": T_new},
        engine="numpy",
        **settings,
    )


def on_new_data(model):
    """Return the loss and the accuracy on the validation data."""
    z = model.predict(x=X_new)
    loss = np.mean(np.logaddexp(0, z) - T_new * z)
    return float(loss), float(np.mean((z > 0) == T_new))


plain = network()
history = train(plain)
show(tg.plots.learning_curve(history).figure)

# %%
# **Your prediction.** Both losses fall at first. Then the training loss goes on towards 0, and the
# validation loss *rises*. The network cannot learn anything more that is true of all points. So it
# learns the noise of these 60, and becomes ever more certain of it. This is *overfitting*.

assert history.loss[-1] < 0.05
assert history.validation_loss[-1] > 2 * np.nanmin(history.validation_loss)

# %%
# The boundary between the classes runs around single points:

show(tg.plots.decision_regions(plain, X, T, title="after 500 epochs").figure)

# %%
# Stop early
# ----------
# The simplest remedy is to stop at the minimum of the validation loss. ``patience=100`` stops when
# there was no new minimum for 100 epochs, and restores the parameters of the minimum.

early = network()
stopped = train(early, patience=100)
print(f"{stopped.stopped} after {len(stopped)} epochs")

# %%
# Smaller weights
# ---------------
# A boundary around single points needs a steep function, and steep functions need large weights.
# *Weight decay* makes every weight a little smaller in each step:
# :math:`w \leftarrow w - \eta \lambda w`. A weight stays large only if the gradient keeps it large.
#
# Random failures
# ---------------
# *Dropout* sets each element of a layer to 0 with the probability :math:`p`, and it chooses the
# elements again in every step. Then no unit can rely on another one to correct it. The remaining
# elements are divided by :math:`1 - p`, so the expected sum in the next layer does not change. In
# ``predict``, all elements are used.
#
# In the graph, the random mask is a node (``Random``), and a ``Switch`` replaces it by 1 in
# ``predict``. So there is no mode that you could forget to set:

small = network(dropout=0.5, units=3)
show(tg.render(small, around="layer1/dropout/kept", radius=2))

# %%
# .. admonition:: Predict
#
#     All four networks have the same start values. Which of them has the smallest loss on the
#     *training* data, and which has the largest loss on the validation data?

decayed, dropped = network(), network(dropout=0.5)
histories = {"weight decay": train(decayed, weight_decay=1.0), "dropout": train(dropped)}
models = {"plain": plain, "early stopping": early, "weight decay": decayed, "dropout": dropped}
results = {}
print("                 training loss   validation loss   validation accuracy")
for name, model in models.items():
    z = model.predict(x=X)
    results[name] = float(np.mean(np.logaddexp(0, z) - T * z)), *on_new_data(model)
    print("{:16} {:12.3f} {:17.3f} {:20.1%}".format(name, *results[name]))

# %%
# **Your prediction.** The plain network has both. It fits the training data best, and the new data
# worst. The other three networks fit the training data less well, but they are better where it
# matters.

assert min(results, key=lambda name: results[name][0]) == "plain"
assert max(results, key=lambda name: results[name][1]) == "plain"

fig, axes = plt.subplots(1, 3, figsize=(11, 3), layout="constrained")
for ax, name in zip(axes, ("early stopping", "weight decay", "dropout"), strict=True):
    tg.plots.decision_regions(models[name], X, T, ax=ax, title=name)
    if ax.get_legend() and ax is not axes[-1]:
        ax.get_legend().remove()
show(fig)

# %%
# The best remedy is not in this list: more data. With 2,000 points, the plain network overfits very
# little. After 500 epochs, its validation loss is 0.31, close to its minimum of 0.29.
#
# **The answer to the question.** It has learned the noise of the training data. Validation data
# show this. Early stopping, weight decay and dropout keep the network from becoming certain of
# details that it has seen only once.
#
# Exercise
# --------
# An element has the value 3, and dropout has the rate :math:`p = 0.2`. Which two values can the
# element have in training? Give a list of two numbers.

answer = None
show(check("20", answer))

# %%
# .. dropdown:: Solution
#
#     It becomes 0 with the probability 0.2. Otherwise it is divided by :math:`1 - p = 0.8`. The
#     mean is :math:`0.8 \cdot 3.75 = 3`, as without dropout.
#
#     .. code-block:: python
#
#         answer = [0, 3 / 0.8]
#
# What this leaves out
# --------------------
# We chose the epoch and the rates with the validation data. So they are no longer new, and the
# results are a little too good. A final judgement needs a third set, the *test data*, that is used
# only once. And very large networks can fit all training data and still be good on new data;
# why this is so is an open question of research.
