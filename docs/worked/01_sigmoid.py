r"""
The sigmoid
===========

**Statement.** For :math:`y = \sigma(x) = \dfrac{1}{1 + e^{-x}}`, element by element,

.. math:: \sigma' = \sigma\,(1 - \sigma), \qquad
          \frac{\partial L}{\partial x} = g \odot y \odot (1 - y), \qquad
          0 < \sigma'(x) \le \tfrac14 ,

and the maximum 1/4 is reached only at :math:`x = 0`.
"""

# %%
# Derivation
# ----------
# Let :math:`u = 1 + e^{-x}`. Then :math:`y = u^{-1}`.
#
# .. list-table::
#    :widths: 50 50
#    :class: derivation
#
#    * - :math:`\dfrac{dy}{dx} = \dfrac{dy}{du} \cdot \dfrac{du}{dx}`
#      - chain rule
#    * - :math:`\dfrac{dy}{du} = -u^{-2}`
#      - power rule
#    * - :math:`\dfrac{du}{dx} = -e^{-x}`
#      - the derivative of the constant 1 is 0; the exponent :math:`-x` brings the factor −1
#    * - :math:`\dfrac{dy}{dx} = \dfrac{e^{-x}}{(1 + e^{-x})^2}`
#      - multiply; the two signs cancel
#    * - :math:`\phantom{\dfrac{dy}{dx}} = \dfrac{1}{1 + e^{-x}} \cdot \dfrac{e^{-x}}{1 + e^{-x}}`
#      - split the square
#    * - :math:`\phantom{\dfrac{dy}{dx}} = y\,(1 - y)`
#      - :math:`1 - y = \dfrac{1 + e^{-x} - 1}{1 + e^{-x}} = \dfrac{e^{-x}}{1 + e^{-x}}`
#    * - :math:`y (1 - y) > 0`
#      - :math:`u > 1`, so :math:`0 < y < 1`, and both factors are positive
#    * - :math:`y (1 - y) = \tfrac14 - \left(y - \tfrac12\right)^2 \le \tfrac14`
#      - complete the square; equality only for :math:`y = \tfrac12`, that is :math:`x = 0`
#
# Index form and matrix form
# --------------------------
# :math:`x_{ij}` affects only :math:`y_{ij}`, so there is no sum:
#
# .. math:: \frac{\partial L}{\partial x_{ij}} = g_{ij}\; y_{ij}\,(1 - y_{ij})
#           \qquad\Longleftrightarrow\qquad
#           \frac{\partial L}{\partial x} = g \odot y \odot (1 - y).
#
# **Shape check.** :math:`g` and :math:`y` have the shape of :math:`x`, and :math:`\odot` keeps it.
#
# The numbers
# -----------
# The table compares three numbers: the formula, the slope measured with a small change of
# :math:`x`, and the result of the op's ``backward``.

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg

x = tg.Parameter([-5.0, -2.0, 0.0, 1.0, 3.0], name="x")
y = tg.Sigmoid(x, name="y")
model = tg.Graph(tg.Sum(y, name="L"))


def sigma(x):
    return 1 / (1 + np.exp(-x))


model.forward()
model.backward()
step = 1e-6
measured = (sigma(x.value + step) - sigma(x.value - step)) / (2 * step)
print(
    tabulate(
        np.column_stack([x.value, y.value, y.value * (1 - y.value), measured, x.grad]),
        headers=["x", "σ(x)", "σ(1 − σ)", "measured", "backward"],
        floatfmt=".6f",
    )
)
assert np.allclose(measured, x.grad)

# %%
# **The maximum, not the mean.** The lab handout says that the *mean* of :math:`\sigma'` is 0.25.
# This is wrong: 0.25 is the *maximum*, and it is reached at a single point. The mean over a wide
# interval is much smaller. It is the increase of σ divided by the width of the interval:
#
# .. math:: \frac{1}{2r} \int_{-r}^{r} \sigma'(x)\, dx = \frac{\sigma(r) - \sigma(-r)}{2r}
#           \;<\; \frac14 .

rows = []
for r in (1, 2, 5, 10):
    points = np.linspace(-r, r, 100_001)
    slopes = sigma(points) * (1 - sigma(points))
    rows.append([r, slopes.max(), slopes.mean(), (sigma(r) - sigma(-r)) / (2 * r)])
    assert np.isclose(slopes.mean(), rows[-1][-1], rtol=1e-3)
print(tabulate(rows, headers=["r", "maximum", "mean, sampled", "mean, integral"], floatfmt=".4f"))

# %%
# So every sigmoid multiplies the gradient by *at most* 1/4, and usually by less.
#
# The code of the op
# ------------------
# .. literalinclude:: /../tinygraph/ops/activations.py
#    :pyobject: Sigmoid.forward
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/ops/activations.py
#    :pyobject: Sigmoid.backward
#    :dedent: 4
#
# ``backward`` gets the value ``y``, so it does not have to compute :math:`e^{-x}` again.
# ``np.minimum`` limits the exponent, so the exponential does not overflow; see
# :class:`tinygraph.Sigmoid`.
#
# A picture
# ---------

xs = np.linspace(-6, 6, 241)
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(xs, sigma(xs), color="#0067a3", label="σ(x)")
ax.plot(xs, sigma(xs) * (1 - sigma(xs)), color="#b04600", label="σ′(x) = σ(1 − σ)")
ax.axhline(0.25, color="#b04600", linestyle=":", linewidth=1)
ax.annotate("maximum 1/4 at x = 0", (0, 0.25), (1.5, 0.33), arrowprops={"arrowstyle": "-"})
ax.set(xlabel="x", ylim=(-0.03, 1.03))
ax.legend(loc="upper left", frameon=False)
plt.show()

# %%
# Common mistakes
# ---------------
# * Writing :math:`x (1 - x)`: the formula is in terms of the *value* :math:`y`, not of the input.
# * Writing :math:`\sigma' = -e^{-x} / (1 + e^{-x})^2`. One minus sign comes from the power rule and
#   one from the exponent, so they cancel. A sigmoid increases everywhere, so its slope is positive.
# * Differentiating :math:`e^{-x}` *with respect to w* in the same step, with :math:`x = w z`. The
#   derivative of the sigmoid is with respect to its own input. The derivative of that input is the
#   next factor of the chain.
