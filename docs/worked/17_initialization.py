r"""
Start values: Xavier and He
===========================

**Statement.** Let :math:`z_j = \sum_{k=1}^{n} x_k W_{kj}` for :math:`j = 1, \dots, m`, with
independent weights of mean 0 and variance :math:`s^2`. Then

.. math:: \operatorname{E}[z_j^2] = s^2 \sum_k x_k^2, \qquad
          \operatorname{E}\Bigl[\Bigl(\frac{\partial L}{\partial x_k}\Bigr)^2\Bigr]
          = s^2 \sum_j g_j^2 .

So the mean square of the values is kept if :math:`s^2 = 1/n`, and that of the gradients if
:math:`s^2 = 1/m`. With a ReLU after the layer, both must be doubled.
"""

# %%
# Derivation
# ----------
# The expectation :math:`\operatorname{E}` is over the random weights; :math:`x` and :math:`g` are
# fixed.
#
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`z_j^2 = \sum_k \sum_l x_k x_l W_{kj} W_{lj}`
#      - the square of a sum
#    * - :math:`\operatorname{E}[W_{kj} W_{lj}] = \begin{cases} s^2 & k = l \\ 0 & k \ne l
#        \end{cases}`
#      - for k ≠ l, the two weights are independent, so the expectation is the product 0 · 0
#    * - :math:`\operatorname{E}[z_j^2] = s^2 \sum_k x_k^2 = n s^2 \cdot \overline{x^2}`
#      - only the terms k = l remain; the bar is the mean over the n inputs
#    * - :math:`\dfrac{\partial L}{\partial x_k} = \sum_j g_j W_{kj}`
#      - the rule of :doc:`05_layer`: the same sum, but over the m outputs
#    * - :math:`\operatorname{E}\Bigl[\Bigl(\dfrac{\partial L}{\partial x_k}\Bigr)^2\Bigr] = s^2
#        \sum_j g_j^2 = m s^2 \cdot \overline{g^2}`
#      - by the same argument, if we treat :math:`g` as independent of :math:`W`
#
# Both can be kept at once only if n = m. *Xavier initialization* uses a variance between the two:
# :math:`s^2 = 2/(n + m)`. Its reciprocal is the mean of n and m.
#
# With an activation :math:`h = \varphi(z)`:
#
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`\tanh z \approx z, \quad \operatorname{E}[h^2] \approx \operatorname{E}[z^2]`
#      - for small z, tanh is almost the identity: Xavier fits
#    * - :math:`\operatorname{E}[\max(z, 0)^2] = \tfrac12 \operatorname{E}[z^2]`
#      - the distribution of z is symmetric, and a ReLU keeps one half of it
#    * - :math:`n s^2 \cdot \tfrac12 = 1 \iff s^2 = \dfrac2n`
#      - *He initialization* makes up for this half
#
# Index form and matrix form
# --------------------------
# .. math::
#
#     \begin{aligned}
#     \operatorname{E}[z_j^2] &= s^2 \sum_k x_k^2
#     &&\Longleftrightarrow&
#     \operatorname{E}\bigl[\lVert x W \rVert^2\bigr] &= m s^2 \lVert x \rVert^2 \\
#     \operatorname{E}\Bigl[\Bigl(\frac{\partial L}{\partial x_k}\Bigr)^2\Bigr]
#     &= s^2 \sum_j g_j^2
#     &&\Longleftrightarrow&
#     \operatorname{E}\bigl[\lVert g\, W^\top \rVert^2\bigr] &= n s^2 \lVert g \rVert^2
#     \end{aligned}
#
# **Shape check.** :math:`x W` has m elements. Divided by m, its squared norm is
# :math:`s^2 \lVert x \rVert^2 = n s^2 \cdot \overline{x^2}`, which agrees with the first line. For
# :math:`g\, W^\top`, which has n elements, n and m change places.
#
# The numbers
# -----------
# One layer with 300 inputs and 100 outputs, and the mean squares before and after it:

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg

n, m = 300, 100
rng = np.random.default_rng(0)
for rule, variance in (("1/n", 1 / n), ("1/m", 1 / m), ("2/(n + m)", 2 / (n + m))):
    x = tg.Parameter(rng.normal(size=(500, n)), name="x")
    W = tg.Parameter(np.sqrt(variance) * rng.normal(size=(n, m)), name="W")
    model = tg.Graph(tg.MatMul(x, W, name="z"))
    z = model.forward()
    g = rng.normal(size=(500, m))
    model.backward(seed=g)
    forward, backward = np.mean(z**2) / np.mean(x.value**2), np.mean(x.grad**2) / np.mean(g**2)
    print(f"s² = {rule:9}  values × {forward:.2f}   gradients × {backward:.2f}")
    assert np.isclose(forward, n * variance, rtol=0.05)
    assert np.isclose(backward, m * variance, rtol=0.05)

# %%
# A ReLU halves the mean square:

z = rng.normal(size=100_000)
ratio = np.mean(np.maximum(z, 0) ** 2) / np.mean(z**2)
print(f"after a ReLU: {ratio:.3f}")
assert np.isclose(ratio, 0.5, atol=0.01)

# %%
# The code
# --------
# .. literalinclude:: /../tinygraph/layers.py
#    :pyobject: initial
#    :start-at: fan_in, fan_out = _count
#    :dedent: 4
#
# A picture
# ---------
# Thirty layers of 100 ReLUs, with weights that are a little too small, right, and a little too
# large. A factor of only 1.2 in the standard deviation becomes a factor of
# :math:`1.2^{30} \approx 240`:

fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
colors = ("#0067a3", "#00755a", "#b04600")
for factor, color in zip((1 / 1.2, 1.0, 1.2), colors, strict=True):
    generator = np.random.default_rng(1)
    h, sizes = generator.normal(size=(200, 100)), []
    for _ in range(30):
        W = factor * np.sqrt(2 / 100) * generator.normal(size=(100, 100))
        h = np.maximum(h @ W, 0)
        sizes.append(np.sqrt(np.mean(h**2)))
    ax.semilogy(range(1, 31), sizes, color=color, label=f"{factor:.2f} · √(2/n)")
ax.set(xlabel="layer", ylabel="size of the values")
ax.legend(frameon=False)
plt.show()

# %%
# Common mistakes
# ---------------
# * Using the variance as the standard deviation. The weights are then much too small.
# * Giving all layers the same seed. Layers of the same shape then have equal weights, so these
#   weights are not independent.
# * Starting all weights at 0. All units of a layer then stay equal
#   (:doc:`/tutorials/19_start_values`). A *bias* may start at 0.
#
# Sources: X. Glorot and Y. Bengio, *Understanding the difficulty of training deep feedforward
# neural networks*, AISTATS 2010; K. He, X. Zhang, S. Ren and J. Sun, *Delving deep into
# rectifiers*, ICCV 2015.
