r"""
Layer normalization
===================

**Statement.** For one sample :math:`x` with n elements, let

.. math:: \mu = \frac1n \sum_j x_j, \qquad s = \sqrt{\frac1n \sum_j (x_j - \mu)^2 + \varepsilon},
          \qquad h_j = \frac{x_j - \mu}{s}, \qquad y_j = \gamma_j h_j + \beta_j .

Then, with :math:`g = \partial L/\partial y` and :math:`u = g \odot \gamma`,

.. math:: \frac{\partial L}{\partial x} = \frac1s \bigl( u - \overline{u}
          - h\, \overline{u \odot h} \bigr), \qquad
          \frac{\partial L}{\partial \gamma} = \sum g \odot h, \qquad
          \frac{\partial L}{\partial \beta} = \sum g ,

where the bar is the mean over the n elements, and the sums are over the samples.
"""

# %%
# Derivation
# ----------
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`\dfrac{\partial y_i}{\partial h_i} = \gamma_i, \quad u_i = \dfrac{\partial
#        L}{\partial h_i} = g_i\, \gamma_i`
#      - each :math:`y_i` depends on one :math:`h_i`
#    * - :math:`\dfrac{\partial \mu}{\partial x_j} = \dfrac1n`
#      - a mean
#    * - :math:`\dfrac{\partial s^2}{\partial x_j} = \dfrac2n (x_j - \mu) - \dfrac2n \sum_i (x_i -
#        \mu)\, \dfrac1n = \dfrac2n (x_j - \mu)`
#      - chain rule, directly and through :math:`\mu`; the sum of all :math:`x_i - \mu` is 0
#    * - :math:`\dfrac{\partial s}{\partial x_j} = \dfrac{1}{2s} \cdot \dfrac2n (x_j - \mu) =
#        \dfrac{h_j}{n}`
#      - :math:`s` is the root of :math:`s^2`
#    * - :math:`\dfrac{\partial h_i}{\partial x_j} = \dfrac1s \Bigl([i = j] - \dfrac1n\Bigr) -
#        \dfrac{x_i - \mu}{s^2} \cdot \dfrac{h_j}{n}`
#      - quotient rule; :math:`[i = j]` is 1 if i = j, and 0 otherwise
#    * - :math:`\phantom{\dfrac{\partial h_i}{\partial x_j}} = \dfrac1s \Bigl([i = j] - \dfrac1n -
#        \dfrac{h_i h_j}{n}\Bigr)`
#      - because :math:`(x_i - \mu)/s = h_i`
#    * - :math:`\dfrac{\partial L}{\partial x_j} = \sum_i u_i \dfrac{\partial h_i}{\partial x_j} =
#        \dfrac1s \Bigl(u_j - \dfrac1n \sum_i u_i - \dfrac{h_j}{n} \sum_i u_i h_i\Bigr)`
#      - chain rule: every :math:`h_i` depends on :math:`x_j`
#    * - :math:`\dfrac{\partial L}{\partial \gamma_j} = \sum g_j h_j, \quad \dfrac{\partial
#        L}{\partial \beta_j} = \sum g_j`
#      - all samples share :math:`\gamma` and :math:`\beta`, so their contributions add up
#
# Index form and matrix form
# --------------------------
# .. math::
#
#     \frac{\partial h_i}{\partial x_j} = \frac1s \Bigl([i = j] - \frac1n - \frac{h_i h_j}{n}\Bigr)
#     \quad\Longleftrightarrow\quad
#     \frac{\partial h}{\partial x}
#     = \frac1s \Bigl( I - \frac1n \mathbf 1 \mathbf 1^\top - \frac1n h h^\top \Bigr) .
#
# If :math:`\varepsilon = 0`, the matrix in brackets is a *projection*: it removes two directions
# from the gradient. One is :math:`\mathbf 1`, since adding a number to all :math:`x_j` does not
# change :math:`h`. The other is :math:`h`, since a larger scale of :math:`x` does not change
# :math:`h` either.
#
# **Shape check.** :math:`u`, :math:`h` and the gradient have the shape of :math:`x`. The two means
# have one number per sample. The sums over the samples leave (n,), as :math:`\gamma` and
# :math:`\beta`.
#
# The numbers
# -----------
# The formula, the result of ``backward``, and numerical derivatives:

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg

rng = np.random.default_rng(0)
x = tg.Parameter(3 + 2 * rng.normal(size=(4, 6)), name="x")
gain, bias = tg.Parameter(rng.normal(size=6), name="γ"), tg.Parameter(rng.normal(size=6), name="β")
y = tg.LayerNorm(x, gain, bias, name="y")
model = tg.Graph(tg.Sum(tg.Tanh(y, name="h"), name="L"))
model.forward()
model.backward()

mean = x.value.mean(axis=1, keepdims=True)
s = np.sqrt(x.value.var(axis=1, keepdims=True) + y.eps)
h, g = (x.value - mean) / s, y.grad
u = g * gain.value
dx = (u - u.mean(axis=1, keepdims=True) - h * (u * h).mean(axis=1, keepdims=True)) / s
for name, formula, node in (
    ("x", dx, x),
    ("γ", (g * h).sum(axis=0), gain),
    ("β", g.sum(axis=0), bias),
):
    print(f"{name}: largest difference {np.abs(formula - node.grad).max():.1e}")
    assert np.allclose(formula, node.grad)
print(tg.gradcheck(model))

# %%
# The two removed directions: the gradient of each sample has the sum 0, and its product with
# :math:`h` is almost 0 (only :math:`\varepsilon` is left of it).

assert np.allclose(dx.sum(axis=1), 0)
assert np.allclose((dx * h).sum(axis=1), 0, atol=1e-4)

# %%
# The code of the op
# ------------------
# .. literalinclude:: /../tinygraph/ops/normalization.py
#    :pyobject: LayerNorm.forward
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/ops/normalization.py
#    :pyobject: LayerNorm.backward
#    :dedent: 4
#
# A picture
# ---------
# Four samples before and after the normalization. Afterwards each row has the mean 0 and the
# standard deviation 1:

fig, axes = plt.subplots(1, 2, figsize=(8, 2.8), layout="constrained")
for ax, name, array in ((axes[0], "x", x.value), (axes[1], "h", h)):
    drawn = ax.imshow(array, cmap="PuOr_r", vmin=-np.abs(array).max(), vmax=np.abs(array).max())
    ax.set(title=name, xlabel="element", ylabel="sample")
    fig.colorbar(drawn, ax=ax)
plt.show()
assert np.allclose(h.mean(axis=1), 0)

# %%
# Common mistakes
# ---------------
# * Treating the mean and the standard deviation as constants. The gradient is then
#   :math:`u / s`: the two removed directions are missing.
# * Normalizing over the batch (``axis=0``). This is *batch* normalization. The result for a sample
#   then depends on the other samples.
# * Leaving out :math:`\varepsilon`. A sample with equal elements has the standard deviation 0.
# * Dividing the variance by n − 1. It makes no difference for large n, but the formula for the
#   gradient must use the same divisor.
