r"""
ReLU and its kink at 0
======================

**Statement.** For :math:`y = \max(x, 0)`, element by element,

.. math:: \frac{\partial L}{\partial x} = g \odot [x > 0], \qquad
          [x > 0] = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 . \end{cases}

At :math:`x = 0` there is no derivative; tinygraph uses 0.
"""

# %%
# Derivation
# ----------
# .. list-table::
#    :widths: 50 50
#    :class: derivation
#
#    * - :math:`x > 0: \quad y = x, \quad \dfrac{dy}{dx} = 1`
#      - near such an x, the function is the identity
#    * - :math:`x < 0: \quad y = 0, \quad \dfrac{dy}{dx} = 0`
#      - near such an x, the function is constant
#    * - :math:`x = 0: \quad \dfrac{y(\varepsilon) - y(0)}{\varepsilon} = 1, \quad
#        \dfrac{y(-\varepsilon) - y(0)}{-\varepsilon} = 0`
#      - the slopes from the right and from the left differ: there is no derivative
#    * - :math:`\max(x, 0) \ge k\,x \quad \text{for every } k \in [0, 1]`
#      - every line through the kink with a slope from 0 to 1 stays below the function, so each such
#        k is a *subgradient*
#    * - :math:`k = 0`
#      - a choice: a unit with exactly 0 counts as "off", and one comparison is enough
#
# Does the choice matter? With random weights, a pre-activation is rarely *exactly* 0. But this is
# common if the data contain zeros and the biases start at 0. Then the choice decides whether these
# units learn in the first step.
#
# Index form and matrix form
# --------------------------
# .. math:: \frac{\partial L}{\partial x_{ij}} = \begin{cases} g_{ij} & x_{ij} > 0 \\ 0 &
#    \text{else}
#           \end{cases}
#           \qquad\Longleftrightarrow\qquad
#           \frac{\partial L}{\partial x} = g \odot [x > 0].
#
# **Shape check.** The mask :math:`[x > 0]` and :math:`g` have the shape of :math:`x`.
#
# The numbers
# -----------

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg

x = tg.Parameter([-2.0, -0.1, 0.0, 0.1, 2.0], name="x")
y = tg.ReLU(x, name="y")
model = tg.Graph(tg.Sum(y, name="L"))
model.forward()
model.backward()
step = 1e-6
left = (np.maximum(x.value, 0) - np.maximum(x.value - step, 0)) / step
right = (np.maximum(x.value + step, 0) - np.maximum(x.value, 0)) / step
print(
    tabulate(
        np.column_stack([x.value, y.value, left, right, x.grad]),
        headers=["x", "ReLU(x)", "slope from the left", "from the right", "backward"],
        floatfmt=".2f",
    )
)
smooth = x.value != 0
assert np.allclose(left[smooth], x.grad[smooth], atol=1e-6)
assert np.allclose(right[smooth], x.grad[smooth], atol=1e-6)

# %%
# The two measured slopes differ only in the row of 0. There, ``backward`` gives the left one.
#
# **Dead units.** If the pre-activation of a unit is negative for *every* sample, the gradient of
# its weights is 0. With plain SGD its weights do not change. If its inputs do not change either,
# it stays negative: the unit is dead. It can recover if earlier layers change its inputs, or if
# the optimizer still has momentum from earlier gradients.

batch = tg.Parameter([[1.0, 2.0], [0.5, 1.0]], name="batch")
W = tg.Parameter([[1.0, -1.0], [1.0, -1.0]], name="W")
h = tg.ReLU(tg.MatMul(batch, W, name="z"), name="h")
model = tg.Graph(tg.Sum(h, name="L"))
model.forward()
model.backward()
print("gradient of W, unit 1 alive, unit 2 dead:")
print(W.grad)
assert (W.grad[:, 1] == 0).all()

# %%
# The code of the op
# ------------------
# .. literalinclude:: /../tinygraph/ops/activations.py
#    :pyobject: ReLU.forward
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/ops/activations.py
#    :pyobject: ReLU.backward
#    :dedent: 4
#
# A picture
# ---------

xs = np.linspace(-2, 2, 201)
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(xs, np.maximum(xs, 0), color="#0067a3", label="ReLU(x)")
ax.plot([-2, 0], [0, 0], color="#b04600", linestyle="--")
ax.plot([0, 2], [1, 1], color="#b04600", linestyle="--", label="slope")
ax.plot(0, 0, "o", color="#b04600", label="chosen at 0")
ax.plot(0, 1, "o", color="#b04600", markerfacecolor="white")
ax.set(xlabel="x")
ax.legend(loc="upper left", frameon=False)
plt.show()

# %%
# Common mistakes
# ---------------
# * Using the sign of the *gradient*, :math:`[g > 0]`, instead of the sign of the input.
# * Writing :math:`[x \ge 0]` in one place and :math:`[x > 0]` in another. A numerical check does
#   not find this, because it avoids the kink.
# * Checking the derivative *at* the kink. A central difference gives 1/2 there, and only the choice
#   1/2 agrees with it.
