r"""
11 · Check your gradients; find the planted bugs
================================================

**Question.** You have derived a derivative and written it as code. How do you find out whether it
is wrong, and *where*, before you train with it for an hour?"""

# %%
# .. admonition:: Remember
#
#     From :doc:`01_one_neuron`: how did you test the derivative :math:`dL/dw` with numbers?
#
# .. dropdown:: Answer
#
#     We changed :math:`w` a little and ran ``forward`` again. Then we divided the increase of the
#     loss by the increase of :math:`w`.
#
# A wrong derivative rarely crashes
# ---------------------------------
# The class ``zoo.Tanh`` has a mistake in its ``backward``: :math:`1 - x^2` instead of
# :math:`1 - y^2`.
#
# .. admonition:: Predict
#
#     You train a small network with the wrong tanh. Does the program stop with an error? Does the
#     loss rise? Write down what you expect.

import textwrap

import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show, zoo

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


for name, activation in {"right tanh": tg.Tanh, "wrong tanh": zoo.Tanh}.items():
    model = network(activation)
    optimizer = tg.SGD(model.parameters, lr=0.1)
    history = tg.fit(model, optimizer, x=X, t=T, epochs=300, print_interval=0)
    print(f"{name}: loss {history.loss[0]:.3f} → {history.loss[-1]:.3f}")

# %%
# **Your prediction.** There is no error, and both losses fall. Here the wrong tanh even ends with a
# slightly smaller loss. You cannot see from the training which one is wrong. You need a check.
#
# Numbers against formulas
# ------------------------
# A derivative predicts the effect of a small change. So change the input a little and compare. For
# a small :math:`\varepsilon`,
#
# .. math:: \frac{dL}{dw} \approx \frac{L(w + \varepsilon) - L(w - \varepsilon)}{2 \varepsilon} .
#
# ``gradcheck`` does this for every op *separately*, at the values of this run, with a random
# incoming gradient. So it tells you not only that something is wrong, but also which op is the
# first wrong one.

report = tg.gradcheck(network(zoo.Tanh), x=X[:5], t=T[:5])
print(report)
assert not report.ok

# %%
# .. admonition:: Predict
#
#     Which :math:`\varepsilon` gives the most accurate slope: 0.1, :math:`10^{-6}` or
#     :math:`10^{-15}`? (A float has about 16 digits.)

import matplotlib.pyplot as plt

epsilons = 10.0 ** np.arange(-15, 0.5, 0.5)
slopes = (np.tanh(0.5 + epsilons) - np.tanh(0.5 - epsilons)) / (2 * epsilons)
errors = np.abs(slopes - (1 - np.tanh(0.5) ** 2))
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.loglog(epsilons, np.maximum(errors, 1e-17), "o-", color="#0067a3", markersize=3)
ax.set(xlabel="ε", ylabel="error of the measured slope")
show(fig)
best = epsilons[np.argmin(errors)]
print(f"best here: ε = {best:.0e}")
assert 1e-8 < best < 1e-3

# %%
# **Your prediction.** :math:`10^{-6}` is best. On the right of the plot, the slope changes within
# the step, so the error grows with :math:`\varepsilon^2`. On the left, the two values are almost
# equal, so their difference has few correct digits. There, the error grows with
# :math:`1/\varepsilon`.
#
# (Where possible, tinygraph adds an imaginary number :math:`\varepsilon i` instead. This *complex
# step* subtracts nothing, so it loses no digits.)
#
# Check an optimizer
# ------------------
# An optimizer has no derivative to check. But you know how it must behave. Under a constant
# gradient, the step of momentum grows to :math:`\eta / (1 - \beta)` times the gradient. AdaGrad's
# step is :math:`\eta/\sqrt t`, RMSProp's converges to :math:`\eta`, and Adam's is :math:`\eta` from
# the first step on. The derivations show why: :doc:`/derivations/10_momentum`,
# :doc:`/derivations/11_adagrad_rmsprop`, :doc:`/derivations/12_adam`. ``zoo.walk`` gives an
# optimizer the gradients that you choose:

print("AdaGrad walks to   ", np.round(zoo.walk(tg.AdaGrad, [3.0] * 4), 4))
print("it should walk to  ", np.round(-0.1 * np.cumsum(1 / np.sqrt([1, 2, 3, 4])), 4))

# %%
# The zoo
# -------
# The zoo has thirteen ops and six optimizers. Some are broken, and some only look broken. The
# docstring of each specimen says what it claims to compute.
#
# .. dropdown:: The specimens
#
#     .. literalinclude:: /../tinygraph/exercises/zoo.py
#        :start-at: class Cube
#        :end-before: OPS: tuple
#
# Zoo tools
# ---------
# ``zoo.graph_of`` puts an op into a graph, ready for ``gradcheck``. For an optimizer,
# ``zoo.walk(each, gradients)`` and ``zoo.walk(each.claims, gradients)`` should agree.
# ``each.claims`` is a correct version of the optimizer that the specimen claims to be.

model = zoo.graph_of(zoo.Product)
for title, specimens in {"Ops": zoo.OPS, "Optimizers": zoo.OPTIMIZERS}.items():
    names = ", ".join(each.__name__ for each in specimens)
    print(textwrap.fill(f"{title}: {names}", width=70))
show(tg.render(model))

# %%
# The faults that you can choose from:

for name, fault in zoo.FAULTS.items():
    print(f"{name:10} {fault}")

# %%
# **The answer to the question.** Compare the derivative with numbers. ``gradcheck`` does this for
# each op, so it tells you where the mistake is. For an optimizer, compare its walk with a walk that
# you know.
#
# Exercise
# --------
# Which of the nineteen specimens are broken, and why? Answer with a dictionary of names and faults,
# such as ``{"Cube": "kink", "Descent": "root"}``. Read first, and write your guess down. Then use
# the tools above. Be careful: ``gradcheck`` compares ``backward`` with ``forward``. It cannot know
# whether ``forward`` computes what the docstring claims.

answer = None
show(check("11", answer))

# %%
# .. dropdown:: Solution
#
#     These look broken but are correct. ``Sigmoid``: :math:`e^{-x} y^2` equals :math:`y (1 - y)`.
#     ``SquaredError`` is *half* the sum, as it says. ``Center``: the mean also depends on each
#     :math:`x`, so its gradient has a second term. ``HeavyBall``: for a constant :math:`\eta`, it
#     walks the same path as Momentum.
#
#     ``Softmax`` passes ``gradcheck``, because its ``backward`` fits its ``forward``. But
#     ``forward`` divides by the sums of the columns. ``Scale`` raises an error, because its
#     gradient has the wrong shape.
#
#     .. code-block:: python
#
#         answer = {
#             "Cube": "g",
#             "Tanh": "x, y",
#             "ReLU": "mask",
#             "Product": "swapped",
#             "Layer": "transpose",
#             "Bias": "mean",
#             "MeanSquaredError": "sign",
#             "Residual": "path",
#             "Scale": "no sum",
#             "Softmax": "axis",
#             "Descent": "stale",
#             "SumOfSquares": "root",
#             "MeanOfSquares": "square",
#             "TwoMeans": "start",
#             "ShrinkingWeights": "decay",
#         }
#
# What this leaves out
# --------------------
# A check at *these* values is not a proof for others. ``gradcheck`` does not check ``ReLU`` at its
# kink, and an op that is wrong only for large inputs passes with small ones. So check with values
# like those of your data.
