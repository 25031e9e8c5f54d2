r"""
17 · Classes instead of numbers
===============================

**Question.** A network must choose one of three classes. How do its outputs become probabilities,
and why do we not train them with the squared error?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`05_mse`: what is the gradient of the mean squared error with respect to one
#     prediction :math:`p_i`?
#
# .. dropdown:: Answer
#
#     :math:`\tfrac{2}{n} (p_i - t_i)`: twice the error, divided by the number of elements.
#
# From scores to probabilities
# ----------------------------
# The last layer has one unit per class. Its outputs are scores, and each can be any number. They
# are called *logits*. The *softmax* turns the logits of one sample into probabilities:
#
# .. math:: p_i = \frac{e^{x_i}}{\sum_k e^{x_k}} .
#
# Each :math:`p_i` is positive, and their sum is 1.
#
# .. admonition:: Predict
#
#     The logits are 1, 2 and 3. Which probability is the largest? What happens to the
#     probabilities if 100 is added to all three logits? What happens if all three are doubled?

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

logits = tg.Input("logits", shape=(None, 3))
softmax = tg.Graph(tg.Softmax(logits, name="p"))
for row in ([1.0, 2.0, 3.0], [101.0, 102.0, 103.0], [2.0, 4.0, 6.0]):
    print(row, "→", softmax.forward(logits=[row])[0].round(3))
assert np.allclose(softmax.forward(logits=[[1, 2, 3]]), softmax.forward(logits=[[101, 102, 103]]))

# %%
# **Your prediction.** The largest logit gives the largest probability. Only *differences* of logits
# count, so adding 100 changes nothing. Doubling the logits doubles their differences, so the
# network becomes more certain.
#
# The loss: cross-entropy
# -----------------------
# A label is the number of the right class: 0, 1 or 2. The network is good if the probability of the
# right class is large. The loss of one sample is the negative logarithm of this probability:
#
# .. math:: L = -\ln p_{\text{right}} .
#
# It is 0 for the probability 1, and it grows without bound as the probability goes to 0. The mean
# over the batch is the *cross-entropy*. The op :class:`tinygraph.CrossEntropy` takes the logits,
# not the probabilities, because :math:`\ln p` can then be computed without overflow.
#
# What is the gradient with respect to the logits? There is an exponential, a sum, a quotient and a
# logarithm on the path. But the result is very simple:

labels = tg.Input("labels", shape=(None,), dtype=int)
loss = tg.CrossEntropy(logits, labels, name="loss")
model = tg.Graph(loss)
feeds = {"logits": [[1.0, 2.0, 3.0], [0.0, 0.0, 4.0]], "labels": [0, 2]}
model.forward(**feeds)
model.backward()
p = softmax.forward(logits=feeds["logits"])
print("p − t, divided by the batch size:")
print(((p - np.eye(3)[feeds["labels"]]) / 2).round(3))
print("the gradient of backward:")
print(logits.grad.round(3))
assert np.allclose(logits.grad, (p - np.eye(3)[feeds["labels"]]) / 2)

# %%
# The gradient is *the probability minus the target*, where the target :math:`t` is 1 for the right
# class and 0 for the others. :doc:`/derivations/13_softmax_cross_entropy` derives it.
#
# The numbers of one row always add up to 0: a step raises the right logit and lowers the others.
#
# Why not the squared error?
# --------------------------
# We could also compare the probabilities with the targets 1 and 0 by the squared error. Its
# gradient must then pass through the softmax.
#
# .. admonition:: Predict
#
#     Take a sample of class 0. Its logits are 0, :math:`a` and 0, so the network is wrong, and the
#     larger :math:`a` is, the more certain it is of the wrong class. Which loss has a large
#     gradient for :math:`a = 10`: the cross-entropy, the squared error, both, or neither?

target = tg.Input("target", shape=(None, 3))
squared = tg.Graph(tg.MSE(tg.Softmax(logits, name="p"), target, name="loss"))
certainty = np.linspace(0, 12, 49)
norms = {"cross-entropy": [], "squared error": []}
for a in certainty:
    wrong = [[0.0, a, 0.0]]
    model.forward(logits=wrong, labels=[0])
    model.backward()
    norms["cross-entropy"].append(np.linalg.norm(logits.grad))
    squared.forward(logits=wrong, target=[[1.0, 0.0, 0.0]])
    squared.backward()
    norms["squared error"].append(np.linalg.norm(logits.grad))

fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(certainty, norms["cross-entropy"], color="#0067a3", label="cross-entropy")
ax.plot(certainty, norms["squared error"], "--", color="#b04600", label="squared error")
ax.set(xlabel="logit a of the wrong class", ylabel="norm of the gradient", ylim=(0, None))
ax.legend(frameon=False)
show(fig)

# %%
# **Your prediction.** Only the cross-entropy. Its gradient is :math:`p - t`, which is close to
# :math:`(-1, 1, 0)` for a confident mistake. The squared error multiplies by the slope of the
# softmax. This slope is almost 0 if one probability is close to 1. So the network learns almost
# nothing from the samples that are most wrong.

assert norms["cross-entropy"][-1] > 1.4
assert norms["squared error"][-1] < 1e-4

# %%
# Correct a mistake
# -----------------
# Here are three classes that no straight line separates. A network learns them, but with *wrong
# labels*: each class has the number of the next one. In the end it is certain, and wrong.

X, T = tg.data.spiral(300, classes=3, noise=0.1, rng=0)


def network(loss):
    """Return a network for three classes with one of the two losses."""
    rng = np.random.default_rng(1)
    x = tg.Input("x", shape=(None, 2))
    h = tg.Tanh(tg.layers.linear(x, 32, name="layer1", rng=rng), name="layer1/h")
    h = tg.Tanh(tg.layers.linear(h, 32, name="layer2", rng=rng), name="layer2/h")
    z = tg.layers.linear(h, 3, name="layer3", rng=rng)
    if loss == "cross-entropy":
        t = tg.Input("t", shape=(None,), dtype=int)
        return tg.Graph(tg.CrossEntropy(z, t, name="loss"), prediction=z)
    t = tg.Input("t", shape=(None, 3))
    p = tg.Softmax(z, name="p")
    return tg.Graph(tg.MSE(p, t, name="loss"), prediction=p)


misled = network("cross-entropy")
adam = tg.Adam(misled.parameters, lr=0.01)
tg.fit(misled, adam, x=X, t=(T + 1) % 3, epochs=1000, print_interval=1000, engine="numpy")
show(tg.plots.decision_regions(misled, X, T, title="certain, and wrong").figure)

# %%
# .. admonition:: Predict
#
#     Now the labels are corrected. Gradient descent continues from these weights, once with each
#     loss. Which loss finds the right classes, and how many epochs does it need?

histories = {}
for loss, t in (("cross-entropy", T), ("squared error", np.eye(3)[T])):
    print(loss)
    model = network(loss)
    for parameter, learned in zip(model.parameters, misled.parameters, strict=True):
        parameter.value = learned.value
    sgd = tg.SGD(model.parameters, lr=1.0)
    histories[loss] = tg.fit(model, sgd, x=X, t=t, epochs=400, print_interval=50, engine="numpy")
show(tg.plots.accuracy_curve(histories).figure)

# %%
# **Your prediction.** With the cross-entropy, all samples are right after about 200 epochs. With
# the squared error, the accuracy stays near two thirds. One class has changed very little: its
# predictions are so certain that their gradient is almost 0. (A learning rate that is three times
# smaller or larger gives the same picture.)
#
# This is also why the loss takes *logits*. Give ``Graph`` the logits as its prediction: the largest
# logit decides, and the accuracy needs no softmax.

assert histories["cross-entropy"].records[-1].accuracy == 1
assert histories["squared error"].records[-1].accuracy < 0.8

# %%
# Right, but not certain
# ----------------------
# If every answer is right, the cross-entropy still falls while the network becomes more certain.
# The weights grow without end. A network that must say how certain it is should not do this. In
# the page below, press **Train**, and watch the loss after the accuracy has reached 100 %.


def blobs_model(rng):
    """Return a network with eight hidden units for three classes."""
    rng = np.random.default_rng(rng)
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None,), dtype=int)
    h = tg.Tanh(tg.layers.linear(x, 8, name="layer1", rng=rng), name="layer1/h")
    z = tg.layers.linear(h, 3, name="layer2", rng=rng)
    return tg.Graph(tg.CrossEntropy(z, t, name="loss"), prediction=tg.Softmax(z, name="p"))


points, classes = tg.data.blobs(90, rng=0)
page = tg.playground(
    blobs_model,
    lambda parameters: tg.Adam(parameters, lr=0.05),
    x=points,
    t=classes,
    title="Right, but not certain",
    task={
        "text": "Train for 300 epochs so that every answer is right, but the loss is still above "
        "0.1: right, but not certain. Which control keeps the weights small?",
        "goal": {"accuracy at least": 1.0, "loss above": 0.1, "epochs at least": 300},
        "locked": [
            *("data", "noise", "points", "activation", "optimizer", "learning rate"),
            *("batch size", "training data"),
        ],
        "done": "L2 pulls all weights towards 0, so the logits cannot grow.",
    },
)
show(page)

# %%
# In a diagram
# ------------
# The op has one card. :func:`tinygraph.expand` shows the steps inside it: a maximum is subtracted,
# so no exponential overflows. The same steps are drawn here instead of the card of the loss:

model = tg.Graph(tg.CrossEntropy(logits, labels, name="loss"))
show(tg.render(model, expand=["loss"]))

# %%
# **The answer to the question.** The softmax turns differences of logits into probabilities. The
# cross-entropy of these probabilities has the gradient :math:`p - t`, which is large for a large
# mistake. The squared error multiplies it by the slope of the softmax, which is almost 0 exactly
# where the network is certain and wrong.
#
# Exercise
# --------
# A batch has four samples. For the first one, the softmax gives the probabilities 0.7, 0.2 and 0.1,
# and the label is 1. What are the three elements of the gradient of the cross-entropy with respect
# to the logits of this sample?

answer = None
show(check("17", answer))

# %%
# .. dropdown:: Solution
#
#     Classes are counted from 0, so the target is :math:`(0, 1, 0)`. The mean divides by 4.
#
#     .. code-block:: python
#
#         answer = [0.7 / 4, (0.2 - 1) / 4, 0.1 / 4]
#
# What this leaves out
# --------------------
# A sample can belong to several classes, such as the objects in a photo. Then each class gets its
# own sigmoid, and :class:`tinygraph.BinaryCrossEntropy` its own loss. A network of this page is
# often too certain of its answers; *calibration* measures how often it is right when it says 90 %.
