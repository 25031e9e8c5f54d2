r"""
11 · Check your gradients; find the planted bugs
================================================

**Question.** You have derived a derivative and written it down. How do you find out that it is
wrong, and *where*, before you train with it for an hour?"""

# %%
# A wrong derivative seldom crashes
# ---------------------------------
# This tanh has a slip in its ``backward``: :math:`1 - x^2` in place of :math:`1 - y^2`. The network
# that uses it runs, and even learns.

import numpy as np

import tinygraph as tg
from tinygraph.exercises import zoo

X, T = tg.data.linear(60, rng=0)


def network(activation):
    rng = np.random.default_rng(1)
    h, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
    for k, (m, n) in enumerate([(2, 4), (4, 1)], start=1):
        W = tg.Parameter(0.5 * rng.normal(size=(m, n)), name=f"layer{k}/W")
        h = tg.MatMul(h, W, name=f"layer{k}/z")
        if k == 1:
            h = activation(h, name="layer1/h")
    return tg.Graph(tg.MSE(h, t, name="loss"), prediction=h)


for activation in (tg.Tanh, zoo.Tanh):
    model = network(activation)
    optimizer = tg.SGD(model.parameters, lr=0.1)
    history = tg.fit(model, optimizer, x=X, t=T, epochs=300, print_interval=0)
    print(f"{activation.__module__:25} loss {history.loss[0]:.3f} → {history.loss[-1]:.3f}")

# %%
# Both losses fall. Only a check tells them apart.
#
# Numbers against formulas
# ------------------------
# A derivative says what happens when an input changes a little: so change it a little, and look.
# For a small :math:`\varepsilon`,
#
# .. math:: \frac{dL}{dw} \approx \frac{L(w + \varepsilon) - L(w - \varepsilon)}{2 \varepsilon} .
#
# ``gradcheck`` does that for every op *by itself*, at the values of this run, with a random
# gradient arriving; so it names the first op that is wrong, and not just the fact that something
# is.

report = tg.gradcheck(network(zoo.Tanh), x=X[:5], t=T[:5])
print(report)
assert not report.ok

# %%
# .. admonition:: Predict
#
#     How small should :math:`\varepsilon` be? As small as possible? Think of
#     :math:`10^{-15}`, where a float has no digits left to show a difference.

import matplotlib.pyplot as plt

epsilons = 10.0 ** np.arange(-15, 0.5, 0.5)
slopes = (np.tanh(0.5 + epsilons) - np.tanh(0.5 - epsilons)) / (2 * epsilons)
errors = np.abs(slopes - (1 - np.tanh(0.5) ** 2))
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.loglog(epsilons, np.maximum(errors, 1e-17), "o-", color="#0067a3", markersize=3)
ax.set(xlabel="ε", ylabel="error of the measured slope")
plt.show()
best = epsilons[np.argmin(errors)]
print(f"best here: ε = {best:.0e}")
assert 1e-8 < best < 1e-3

# %%
# To the right the curve bends within the step: the error falls with :math:`\varepsilon^2`. To the
# left the two values are so close that their difference has few digits left: the error grows with
# :math:`1/\varepsilon`. (tinygraph adds an imaginary :math:`\varepsilon i` where it can, the
# *complex step*, which subtracts nothing and so loses nothing.)
#
# Optimizers have no derivative
# -----------------------------
# But they make promises. Under a constant gradient, momentum's step grows to :math:`\eta / (1 -
# \beta)`, AdaGrad's is :math:`\eta/\sqrt t`, RMSProp's tends to :math:`\eta`, and Adam's is
# :math:`\eta` from the first (:doc:`/derivations/10_momentum`,
# :doc:`/derivations/11_adagrad_rmsprop`, :doc:`/derivations/12_adam`). ``zoo.walk`` gives an
# optimizer gradients of your choice:

print(np.round(zoo.walk(tg.AdaGrad, [3.0] * 4), 4))
print(np.round(-0.1 * np.cumsum(1 / np.sqrt([1, 2, 3, 4])), 4))

# %%
# The zoo
# -------
# Eight ops and four optimizers. Some are broken, some only look it. They stand here in plain sight:
#
# .. dropdown:: The specimens
#
#     .. literalinclude:: /../tinygraph/exercises/zoo.py
#        :start-at: class Cube
#        :end-before: OPS: tuple
#
# Each op can be had as a graph, ready for the check:

model = zoo.graph_of(zoo.Product)
print([op.__name__ for op in zoo.OPS])
print([optimizer.__name__ for optimizer in zoo.OPTIMIZERS])
tg.render(model)

# %%
# Exercise
# --------
# Which of the twelve are broken? The answer is the set of their names, such as ``{"Cube",
# "TwoMeans"}``. Read first and guess; then use ``tg.gradcheck(zoo.graph_of(op))`` and ``zoo.walk``.

from tinygraph import exercises

answer = None
print(exercises.check("11", answer))

# %%
# .. dropdown:: Solution
#
#     ``Sigmoid`` is sound: :math:`e^{-x} y^2` is :math:`y (1 - y)` in other words. So is
#     ``SquaredError``, which is *half* the sum and says so, and ``HeavyBall``: as long as η is
#     constant, it walks the same path.
#
#     .. code-block:: python
#
#         gradients = np.random.default_rng(1).normal(size=10)
#         answer = {op.__name__ for op in zoo.OPS if not tg.gradcheck(zoo.graph_of(op)).ok}
#         answer |= {
#             each.__name__
#             for each in zoo.OPTIMIZERS
#             if not np.allclose(zoo.walk(each, gradients), zoo.walk(each.claims, gradients))
#         }
#
# What this leaves out
# --------------------
# A check at *these* values is no proof for others: ``ReLU`` is never checked at its kink, and an op
# that is wrong only for large inputs passes with small ones. Check with values like those of your
# data.
