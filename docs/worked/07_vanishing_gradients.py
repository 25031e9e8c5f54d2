r"""
Why sigmoid gradients vanish
============================

**Statement.** A gradient that passes back through :math:`k` sigmoids is multiplied by :math:`k`
slopes :math:`\sigma' \le \tfrac14` and by the weights between them. Along a single path through the
network,

.. math:: \left| \text{factor of the path} \right| \;\le\; \left(\tfrac14\right)^k \prod_{j} |w_j| ,

and for whole layers, with the spectral norms :math:`\lVert W_j \rVert`,

.. math:: \left\lVert \frac{\partial L}{\partial a_1} \right\rVert \;\le\;
          \left(\tfrac14\right)^{k-1} \prod_{j=2}^{k} \lVert W_j \rVert \;
          \left\lVert \frac{\partial L}{\partial a_k} \right\rVert .
"""

# %%
# Derivation
# ----------
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`\delta_j = \left(\delta_{j+1} W_{j+1}^\top\right) \odot \sigma'(a_j)`
#      - one layer back, :doc:`06_lab2_end_to_end`
#    * - :math:`\lVert u \odot v \rVert \le \max_i |v_i| \cdot \lVert u \rVert`
#      - every element is scaled by at most the largest factor
#    * - :math:`0 < \sigma'(a) \le \tfrac14`
#      - the *maximum*, :doc:`01_sigmoid`
#    * - :math:`\lVert \delta_j \rVert \le \tfrac14\, \lVert W_{j+1} \rVert\, \lVert \delta_{j+1}
#        \rVert`
#      - both together; the spectral norm is the largest factor by which a matrix stretches a
#        vector, and :math:`\lVert \delta \rVert` is the Frobenius norm
#    * - :math:`\lVert \delta_1 \rVert \le \left(\tfrac14\right)^{k-1} \prod_{j=2}^{k} \lVert W_j
#        \rVert\, \lVert \delta_k \rVert`
#      - from layer k down to layer 1: k − 1 times
#
# Index form and matrix form
# --------------------------
# .. math:: (\delta_j)_{iq} = \sigma'(a_{j,iq}) \sum_r W_{j+1,qr}\, (\delta_{j+1})_{ir}
#           \qquad\Longleftrightarrow\qquad
#           \delta_j = \left(\delta_{j+1} W_{j+1}^\top\right) \odot \sigma'(a_j) .
#
# **Shape check.** :math:`\delta_j` is (B, units of layer j). The bound compares two numbers.
#
# The numbers
# -----------
# **0.25 is the maximum, not the mean.** The lab handout says that 0.25 is the mean of
# :math:`\sigma'`. It is the maximum, so it gives a *bound*, and this bound is already small:

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg

rows = [[k, f"1/{4**k:,}", 0.25**k] for k in (1, 2, 3, 5, 10)]
print(tabulate(rows, headers=["sigmoids", "bound (1/4)^k", "as a number"], disable_numparse=True))

# %%
# The gradient equals the bound in a chain of ten sigmoids if all weights are 1 and all
# pre-activations are exactly 0. From any other starting point it is smaller. (Here, we subtract 1/2
# after every sigmoid, so its output is 0 again.)


def chain(start, k=10):
    x = tg.Parameter(start, name="x")
    h = x
    for j in range(1, k + 1):
        h = tg.Sigmoid(h, name=f"h{j}") - 0.5
    model = tg.Graph(h)
    model.forward()
    model.backward()
    return float(x.grad)


rows = [[start, chain(start), chain(start) / 0.25**10] for start in (0.0, 1.0, 3.0, 6.0)]
print(tabulate(rows, headers=["x", "dy/dx", "fraction of the bound"], floatfmt=("g", ".3e", ".3f")))
assert np.isclose(chain(0.0), 0.25**10)
assert all(abs(row[1]) <= 0.25**10 for row in rows)

# %%
# The next network has ten layers of eight units, with weights drawn from N(0, 1) as in the lab.
# The table shows the size of the gradient at every layer. The weights matter, too: here each
# spectral norm is about 5, so each layer contributes up to 5/4 to the bound. The true gradient is
# much smaller, because most pre-activations are far from 0 and their slopes are far below 1/4.


def sizes(activation, scale, layers=10, units=8):
    rng = np.random.default_rng(0)
    h = tg.Constant(rng.uniform(size=(20, units)))
    for k in range(1, layers + 1):
        W = tg.Parameter(scale * rng.normal(size=(units, units)), name=f"layer{k}/W")
        h = activation(tg.MatMul(h, W, name=f"layer{k}/z"), name=f"layer{k}/h")
    model = tg.Graph(tg.MSE(h, np.zeros((20, units)), name="loss"))
    model.forward()
    model.backward()
    names = [f"layer{k}" for k in range(1, layers + 1)]
    grads = [float(np.linalg.norm(model[f"{name}/z"].grad)) for name in names]
    norms = [np.linalg.norm(model[f"{name}/W"].value, 2) for name in names]
    return grads, norms


grads, norms = sizes(tg.Sigmoid, scale=1.0)
bounds = [grads[-1]]
for norm in norms[:0:-1]:
    bounds.insert(0, 0.25 * norm * bounds[0])
print(
    tabulate(
        np.column_stack([np.arange(1, 11), grads, bounds]),
        headers=["layer", "‖∂L/∂z‖", "bound"],
        floatfmt=("g", ".2e", ".2e"),
    )
)
assert all(grad <= bound * (1 + 1e-12) for grad, bound in zip(grads, bounds, strict=True))

# %%
# The code of the op
# ------------------
# This is the factor that makes the gradient vanish:
#
# .. literalinclude:: /../tinygraph/ops/activations.py
#    :pyobject: Sigmoid.backward
#    :dedent: 4
#
# A picture
# ---------

fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
layers = np.arange(1, 11)
ax.plot(layers, grads, "o-", color="#b04600", label="sigmoid")
ax.plot(layers, bounds, ":", color="#b04600", label="sigmoid, bound")
ax.plot(
    layers, sizes(tg.Tanh, scale=8**-0.5)[0], "s-", color="#0067a3", label="tanh, W ~ N(0, 1/8)"
)
ax.plot(
    layers,
    sizes(tg.ReLU, scale=(2 / 8) ** 0.5)[0],
    "^-",
    color="#00755a",
    label="ReLU, W ~ N(0, 2/8)",
)
ax.set(yscale="log", xlabel="layer", ylabel="‖∂L/∂z‖", xticks=layers)
ax.legend(frameon=False)
plt.show()

# %%
# The tanh and ReLU networks avoid the problem: their slopes reach 1, and their weights are scaled
# to the number of inputs. There, the gradient of the first layer is about as large as that of the
# last layer.
#
# Common mistakes
# ---------------
# * "Each sigmoid multiplies by 1/4." The factor is *at most* 1/4, and it is 1/4 only at 0. For the
#   mean over an interval, see :doc:`01_sigmoid`.
# * Forgetting the weights. Large weights can compensate for small slopes. But they also move the
#   pre-activations away from 0, where the slopes are even smaller.
# * "A vanishing gradient means that training is finished." The gradient can also vanish while the
#   loss is large.
