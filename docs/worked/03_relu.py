r"""
ReLU, and what is done at 0
===========================

**Statement.** For :math:`y = \max(x, 0)`, entry by entry,

.. math:: \frac{\partial L}{\partial x} = g \odot [x > 0], \qquad
          [x > 0] = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 . \end{cases}

At :math:`x = 0` there is no derivative; tinygraph takes 0.
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
#      - every line through the corner with a slope from 0 to 1 stays below the function: each such
#        k is a *subgradient*
#    * - :math:`k = 0`
#      - a choice: it makes an exact 0 count as "off", and costs no more than a comparison
#
# Does the choice matter? A pre-activation that is *exactly* 0 is rare where weights are drawn at
# random. It is not rare where the data have zeros and the biases start at 0: then the choice
# decides whether these units learn in the first step.
#
# Index form and matrix form
# --------------------------
# .. math:: \frac{\partial L}{\partial x_{ij}} = \begin{cases} g_{ij} & x_{ij} > 0 \\ 0 &
#    \text{else}
#           \end{cases}
#           \qquad\Longleftrightarrow\qquad
#           \frac{\partial L}{\partial x} = g \odot [x > 0].
#
# **Shape check.** The mask :math:`[x > 0]` has the shape of :math:`x`, and so has :math:`g`.
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
# Only in the row of 0 do the two measured slopes disagree; there ``backward`` gives the left one.
#
# **Dead units.** A unit that is negative for *every* sample gets the gradient 0 from every sample,
# so its weights do not change, so it stays negative: it is dead.

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
ax.plot(0, 0, "o", color="#b04600", label="taken at 0")
ax.plot(0, 1, "o", color="#b04600", markerfacecolor="white")
ax.set(xlabel="x")
ax.legend(loc="upper left", frameon=False)
plt.show()

# %%
# Common mistakes
# ---------------
# * Masking by the *gradient*'s sign, :math:`[g > 0]`, in place of the input's.
# * Writing :math:`[x \ge 0]` in one place and :math:`[x > 0]` in another: a check by numbers does
#   not see it, since it keeps away from the kink.
# * Checking the derivative *at* the kink: a central difference gives 1/2 there, and neither side is
#   to blame.
