r"""
16 · Curvature
==============

**Question.** Why does training diverge if the learning rate is too large, and how large is too
large?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`07_training`: the loss is :math:`\tfrac12 c\,u^2`. By which factor does a step
#     multiply the distance to the minimum?
#
# .. dropdown:: Answer
#
#     By :math:`1 - \eta c`. It shrinks if :math:`|1 - \eta c| < 1`, that is, if
#     :math:`\eta < 2 / c`.
#
# The slope of the slope
# ----------------------
# The *curvature* of a loss is its second derivative: how fast the slope changes. The gradient is a
# node (:doc:`15_backward_is_a_graph`), so we can differentiate it again:

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

w = tg.Parameter(1.0, name="w")
loss = (w**2 - 1) ** 2
(slope,) = tg.gradients(loss, [w])
(curvature,) = tg.gradients(slope, [w])
print("slope:", tg.Graph(slope).forward(), " curvature:", tg.Graph(curvature).forward())
assert tg.Graph(curvature).forward() == 8  # 12 w² − 4

# %%
# .. admonition:: Predict
#
#     Near its minimum :math:`w = 1`, this loss has the curvature 8. Does gradient descent with
#     :math:`\eta = 0.2` come closer to the minimum? With :math:`\eta = 0.3`?

for lr in (0.2, 0.3):
    w.value = 1.01
    model = tg.Graph(loss)
    optimizer = tg.SGD([w], lr=lr)
    distances = []
    for _ in range(6):
        model.forward()
        model.backward()
        optimizer.step()
        distances.append(abs(float(w.value) - 1))
    print(f"η = {lr}:", "  ".join(f"{distance:.4f}" for distance in distances))
    assert (distances[-1] < 0.01) == (lr == 0.2)

# %%
# **Your prediction.** The limit is :math:`2/8 = 0.25`. With 0.2, each step multiplies the distance
# by about :math:`|1 - 0.2 \cdot 8| = 0.6`. With 0.3, the factor is about 1.4, so the weight moves
# away from the minimum.
#
# Many weights
# ------------
# With :math:`n` weights, the second derivatives form a matrix, the *Hessian* :math:`H_{jk} =
# \partial^2 L / \partial w_j \partial w_k`. It has :math:`n^2` elements, which is too many for a
# large network. But we need only its product with a direction :math:`v`. This product is the
# gradient of a single number:
#
# .. math:: H v = \frac{\partial}{\partial w} \Bigl( \frac{\partial L}{\partial w} \cdot v \Bigr) .
#
# The direction is an input of the graph, so we can use one graph for all directions.


def curvature_graph(loss, parameters):
    """Return the graph of ∂L/∂w · v, and the names of the directions v."""
    grads = tg.gradients(loss, parameters)
    directions = [tg.Input(f"v{k}", shape=p.shape) for k, p in enumerate(parameters)]
    terms = [np.sum(g * v) for g, v in zip(grads, directions, strict=True)]
    return tg.Graph(sum(terms[1:], terms[0])), [v.name for v in directions]


def largest_curvature(loss, parameters, steps=200, **feeds):
    """Return the Hessian's eigenvalue of largest absolute value, and its direction."""
    graph, names = curvature_graph(loss, parameters)
    rng = np.random.default_rng(0)
    v = [rng.normal(size=p.shape) for p in parameters]
    for _ in range(steps):
        norm = np.sqrt(sum(np.sum(part**2) for part in v))
        v = [part / norm for part in v]
        graph.forward(**feeds, **dict(zip(names, v, strict=True)))
        graph.backward()
        Hv = [p.grad for p in parameters]
        size = sum(np.sum(a * b) for a, b in zip(v, Hv, strict=True))
        v = Hv
    return size, [part / np.sqrt(sum(np.sum(p**2) for p in v)) for part in v]


# %%
# ``largest_curvature`` is *power iteration*: each product with :math:`H` stretches the direction of
# the largest eigenvalue :math:`\lambda_{\max}` the most, so :math:`v` turns towards it. We test it
# with a quadratic loss, whose Hessian is known:

A = np.array([[5.0, 2.0], [2.0, 2.0]])  # eigenvalues 1 and 6
u = tg.Parameter([1.0, 1.0], name="u")
quadratic = 0.5 * (u @ A @ u)
top, _ = largest_curvature(quadratic, [u])
print(f"λmax = {top:.6f}, so η must be below 2/λmax = {2 / top:.4f}")
assert np.isclose(top, 6)

fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for factor, color in ((1.0, "#00755a"), (1.95, "#0067a3"), (2.05, "#b04600")):
    u.value = [1.0, 1.0]
    model = tg.Graph(quadratic)
    optimizer = tg.SGD([u], lr=factor / top)
    losses = []
    for _ in range(40):
        losses.append(model.forward())
        model.backward()
        optimizer.step()
    ax.semilogy(losses, color=color, label=f"η = {factor} / λmax")
    assert (losses[-1] < losses[1]) == (factor < 2)
ax.set(xlabel="step", ylabel="loss")
ax.legend(frameon=False)
show(fig)

# %%
# Lab 2
# -----
# The loss of a network is not quadratic. But close to a minimum, every smooth loss is nearly so,
# and the same limit holds there. Sigmoids reach the labels 0 and 1 only with infinite weights. So
# we add a small weight decay, which gives the loss a minimum at finite weights.
#
# .. admonition:: Predict
#
#     The lab's network is trained on XOR until it is at a minimum. We move its weights a little in
#     the direction of the largest curvature, and continue with gradient descent. Which learning
#     rates bring the weights back, and how quickly?

X, T = tg.data.xor()
lab = tg.lab2.model(rng=0)
decay = sum(np.sum(p**2) for p in lab.parameters)
model = tg.Graph(lab.output + 3e-5 * decay, prediction=lab.prediction)
weights = model.parameters
for optimizer, epochs in ((tg.Adam(weights, lr=0.03), 5000), (tg.SGD(weights, lr=4.0), 20000)):
    tg.fit(model, optimizer, x=X, t=T, epochs=epochs, print_interval=0)
minimum = [p.value.copy() for p in weights]
top, direction = largest_curvature(model.output, weights, x=X, t=T)
print(f"λmax = {top:.4f}, so the limit is 2/λmax = {2 / top:.3f}")


def distance_after(lr, steps=30, size=1e-4):
    """Return the factor by which some steps change the distance from the minimum."""
    for p, value, part in zip(weights, minimum, direction, strict=True):
        p.value = value + size * part
    optimizer = tg.SGD(weights, lr=lr)
    for _ in range(steps):
        model.forward(x=X, t=T)
        model.backward()
        optimizer.step()
    moved = zip(weights, minimum, direction, strict=True)
    return abs(sum(np.sum((p.value - value) * part) for p, value, part in moved)) / size


for factor in (0.5, 1.5, 1.9, 2.1):
    measured, predicted = distance_after(factor / top), abs(1 - factor) ** 30
    print(f"η = {factor} / λmax: distance × {measured:.3g} (|1 − {factor}|³⁰ = {predicted:.3g})")
    assert np.isclose(measured, predicted, rtol=0.02, atol=1e-8)

# %%
# **Your prediction.** Rates below :math:`2/\lambda_{\max}` bring the weights back, and rates above
# it do not. Each step multiplies the distance by :math:`|1 - \eta \lambda_{\max}|`, as for a
# quadratic loss: the measured numbers agree. This explains the lab's experiment with learning
# rates: a larger rate is faster, until the direction of the largest curvature diverges.
#
# Newton's step
# -------------
# Gradient descent uses one rate for all directions. *Newton's method* divides by the curvature:
# :math:`w \leftarrow w - H^{-1} \,\partial L / \partial w`. For a quadratic loss, one step reaches
# the minimum. For our first loss, each step close to the minimum about doubles the number of
# correct digits:

w.value = 1.5
for step in range(1, 6):
    w.value = w.value - tg.Graph(slope).forward() / tg.Graph(curvature).forward()
    print(f"step {step}: w = {float(w.value):.15f}")
assert abs(float(w.value) - 1) < 1e-9

# %%
# But Newton's step goes to a point where the slope is 0, even if it is a maximum or a saddle. Also,
# :math:`H^{-1}` is too expensive for many weights. Adam (:doc:`08_optimizers`) divides by a cheap
# measure of the size of the gradients instead.
#
# **The answer to the question.** In a direction with the curvature :math:`\lambda`, a step
# multiplies the distance to the minimum by :math:`1 - \eta \lambda`. The direction of the largest
# curvature diverges first, at :math:`\eta = 2 / \lambda_{\max}`.
#
# Exercise
# --------
# Above which learning rate does gradient descent on :math:`L = 3u^2 + 2uv + 3v^2` diverge?

answer = None
show(check("16", answer))

# %%
# .. dropdown:: Solution
#
#     The Hessian is :math:`\begin{pmatrix} 6 & 2 \\ 2 & 6 \end{pmatrix}`. In the direction
#     :math:`(1, 1)` its curvature is 8, and in the direction :math:`(1, -1)` it is 4.
#
#     .. code-block:: python
#
#         answer = 2 / 8
#
# What this leaves out
# --------------------
# With momentum the limit is larger, and with mini-batches it is smaller, because the curvature of a
# batch varies. In long training runs with a constant rate, :math:`\lambda_{\max}` often rises until
# it is close to :math:`2/\eta`.
