r"""
The hyperbolic tangent
======================

**Statement.** For :math:`y = \tanh x = \dfrac{e^x - e^{-x}}{e^x + e^{-x}}`, element by element,

.. math:: \tanh' = 1 - \tanh^2, \qquad
          \frac{\partial L}{\partial x} = g \odot (1 - y \odot y), \qquad
          0 < \tanh'(x) \le 1 ,

and the maximum 1 is reached only at :math:`x = 0`.
"""

# %%
# Derivation
# ----------
# Let :math:`s = \sinh x = \tfrac12 (e^x - e^{-x})` and :math:`c = \cosh x = \tfrac12 (e^x +
# e^{-x})`. Then :math:`y = s / c`.
#
# .. list-table::
#    :widths: 50 50
#    :class: derivation
#
#    * - :math:`s' = c, \quad c' = s`
#      - the exponent :math:`-x` gives a factor −1, which turns the difference into the sum, and
#        the sum into the difference
#    * - :math:`\dfrac{dy}{dx} = \dfrac{s' c - s\, c'}{c^2}`
#      - quotient rule
#    * - :math:`\phantom{\dfrac{dy}{dx}} = \dfrac{c^2 - s^2}{c^2}`
#      - insert :math:`s' = c` and :math:`c' = s`
#    * - :math:`\phantom{\dfrac{dy}{dx}} = 1 - \left(\dfrac{s}{c}\right)^2 = 1 - y^2`
#      - divide term by term
#    * - :math:`0 < 1 - y^2 \le 1`
#      - :math:`|y| < 1` since :math:`|s| < c`; equality only for :math:`y = 0`, that is :math:`x =
#        0`
#
# tanh is a scaled and shifted sigmoid: :math:`\tanh x = \dfrac{1 - e^{-2x}}{1 + e^{-2x}} =
# 2\,\sigma(2x) - 1`. Its slope at 0 is therefore :math:`2 \cdot 2 \cdot \tfrac14 = 1`, four times
# the slope of the sigmoid.
#
# Index form and matrix form
# --------------------------
# .. math:: \frac{\partial L}{\partial x_{ij}} = g_{ij}\,(1 - y_{ij}^2)
#           \qquad\Longleftrightarrow\qquad
#           \frac{\partial L}{\partial x} = g \odot (1 - y \odot y).
#
# **Shape check.** :math:`g`, :math:`y` and :math:`x` have the same shape; :math:`\odot` keeps it.
#
# The numbers
# -----------

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg

x = tg.Parameter([-3.0, -1.0, 0.0, 0.5, 2.0], name="x")
y = tg.Tanh(x, name="y")
model = tg.Graph(tg.Sum(y, name="L"))
model.forward()
model.backward()
step = 1e-6
measured = (np.tanh(x.value + step) - np.tanh(x.value - step)) / (2 * step)
by_sigmoid = 2 / (1 + np.exp(-2 * x.value)) - 1
print(
    tabulate(
        np.column_stack([x.value, y.value, by_sigmoid, 1 - y.value**2, measured, x.grad]),
        headers=["x", "tanh(x)", "2σ(2x) − 1", "1 − tanh²", "measured", "backward"],
        floatfmt=".6f",
    )
)
assert np.allclose(measured, x.grad)
assert np.allclose(by_sigmoid, y.value)

# %%
# The code of the op
# ------------------
# .. literalinclude:: /../tinygraph/ops/activations.py
#    :pyobject: Tanh.forward
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/ops/activations.py
#    :pyobject: Tanh.backward
#    :dedent: 4
#
# A picture
# ---------

xs = np.linspace(-4, 4, 241)
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(xs, np.tanh(xs), color="#0067a3", label="tanh(x)")
ax.plot(xs, 1 - np.tanh(xs) ** 2, color="#b04600", label="tanh′(x) = 1 − tanh²")
sigma = 1 / (1 + np.exp(-xs))
ax.plot(xs, sigma * (1 - sigma), color="#b04600", linestyle=":", label="σ′(x), for comparison")
ax.set(xlabel="x")
ax.legend(loc="upper left", frameon=False)
plt.show()

# %%
# Common mistakes
# ---------------
# * Writing :math:`1 - x^2`: the formula is in terms of the *value*.
# * Using the sigmoid's :math:`y (1 - y)`. For :math:`y = -0.5` this is −0.75, a negative slope,
#   although tanh increases everywhere.
# * Computing the fraction directly: :math:`e^{x}` overflows from :math:`x \approx 710` on.
#   ``np.tanh`` does not overflow.
