r"""
Adam, and its bias correction
=============================

**Statement.** Adam keeps a running mean of the gradient and one of its square, both initially 0,

.. math:: m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \qquad
          v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2 .

It corrects both means, and divides the first by the root of the second:

.. math:: \hat m_t = \frac{m_t}{1 - \beta_1^t}, \qquad \hat v_t = \frac{v_t}{1 - \beta_2^t}, \qquad
          w_t = w_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \varepsilon} .

If all gradients have the same distribution, :math:`\hat m_t` has the expectation of a gradient, and
:math:`\hat v_t` has that of its square. Under a constant gradient, a step has the length
:math:`\eta`.
It can be longer: after 999 gradients that are 0, the next one gives a step of about :math:`2.5\,
\eta`."""

# %%
# Derivation
# ----------
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`m_t = (1 - \beta_1) \sum_{s=1}^{t} \beta_1^{t-s}\, g_s`
#      - unroll the recursion from :math:`m_0 = 0`
#    * - :math:`\mathbb{E}[m_t] = \mathbb{E}[g]\, (1 - \beta_1) \sum_{s=1}^{t} \beta_1^{t-s}`
#      - the expectation of a sum, if all :math:`g_s` have the same expectation
#    * - :math:`\phantom{\mathbb{E}[m_t]} = \mathbb{E}[g]\, (1 - \beta_1)\, \dfrac{1 - \beta_1^t}{1
#        - \beta_1} = \mathbb{E}[g]\, (1 - \beta_1^t)`
#      - geometric series: the weights sum to :math:`1 - \beta_1^t`, not 1; the missing part
#        :math:`\beta_1^t` is the weight of the initial value :math:`m_0 = 0`
#    * - :math:`\mathbb{E}[\hat m_t] = \dfrac{\mathbb{E}[m_t]}{1 - \beta_1^t} = \mathbb{E}[g]`
#      - divide by that sum; the same holds for :math:`g^2` and :math:`\beta_2`
#    * - :math:`g_s = g: \quad \hat m_t = g,\; \hat v_t = g^2,\; |\Delta w_t| = \eta\,
#        \dfrac{|g|}{|g| + \varepsilon} \approx \eta`
#      - under a constant gradient every step has the length :math:`\eta`
#    * - :math:`t = 1: \quad \hat m_1 = g_1,\; \hat v_1 = g_1^2,\; \Delta w_1 = -\eta
#        \operatorname{sign} g_1`
#      - the first step has the length :math:`\eta` for every gradient
#    * - :math:`g_1 = \dots = g_{999} = 0,\; g_{1000} = g: \quad \dfrac{|\Delta w|}{\eta} =
#        \dfrac{1 - \beta_1}{1 - \beta_1^{1000}} \sqrt{\dfrac{1 - \beta_2^{1000}}{1 - \beta_2}}
#        \approx 2.51`
#      - :math:`\hat m` forgets the zeros faster than :math:`\hat v`, so the step is longer than
#        :math:`\eta`
#    * - without the correction: :math:`\; |\Delta w_1| = \eta\, \dfrac{1 - \beta_1}{\sqrt{1 -
#        \beta_2}} = \eta\, \dfrac{0.1}{\sqrt{0.001}} \approx 3.16\, \eta`
#      - :math:`v` starts even further below its mean than m, so the first steps would be too long
#
# Index form and matrix form
# --------------------------
# The update is elementwise:
#
# .. math:: w_{ij} \leftarrow w_{ij} - \eta\, \frac{\hat m_{ij}}{\sqrt{\hat v_{ij}} + \varepsilon}
#           \qquad\Longleftrightarrow\qquad
#           w \leftarrow w - \eta\, \hat m \oslash (\sqrt{\hat v} + \varepsilon) .
#
# **Shape check.** :math:`m` and :math:`v` have the shape of :math:`w`; :math:`t` is one number
# for all parameters. It counts *steps*, starting at 1.
#
# The numbers
# -----------
# We evaluate the lines of the class by hand, and compare them with the optimizer:

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg

rng = np.random.default_rng(0)
gradients = rng.normal(loc=1.0, scale=0.5, size=200)
lr, beta1, beta2, eps = 0.1, 0.9, 0.999, 1e-8

w = tg.Parameter(0.0, name="w")
adam = tg.Adam([w], lr=lr)
by_hand, m, v = 0.0, 0.0, 0.0
record = []
for t, g in enumerate(gradients, start=1):
    before = float(w.value)
    w.grad = np.float64(g)
    adam.step()
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    by_hand -= lr * m_hat / (np.sqrt(v_hat) + eps)
    uncorrected = lr * m / (np.sqrt(v) + eps)
    record.append([t, m, m_hat, v, v_hat, before - float(w.value), uncorrected])
    assert np.isclose(by_hand, float(w.value))

chosen = [record[k - 1] for k in (1, 2, 5, 20, 200)]
headers = ["t", "m", "m̂", "v", "v̂", "step", "step, uncorrected"]
print(tabulate(chosen, headers=headers, floatfmt=("g", *[".4f"] * 6)))

# %%
# The gradients have the mean 1 and the mean square 1.25. From the start, :math:`\hat m` and
# :math:`\hat v` are close to these values, but :math:`m` and :math:`v` are not. The next table
# shows the first step for gradients of different sizes:

rows = []
for g in (1e-3, 1.0, 1e3):
    w = tg.Parameter(0.0, name="w")
    w.grad = np.float64(g)
    tg.Adam([w], lr=lr).step()
    rows.append([g, float(w.value)])
    assert np.isclose(float(w.value), -lr, rtol=1e-4)
print(tabulate(rows, headers=["g", "first step"], floatfmt=("g", ".6f")))
assert np.isclose(record[0][6] / lr, 0.1 / np.sqrt(0.001))

# %%
# The code
# --------
# .. literalinclude:: /../tinygraph/optim/adam.py
#    :pyobject: Adam.update
#    :dedent: 4
#
# A picture
# ---------

table = np.array(record)
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
axes[0].plot(table[:, 0], table[:, 1], color="#0067a3", linestyle=":", label="m")
axes[0].plot(table[:, 0], table[:, 2], color="#0067a3", label="m, corrected")
axes[0].plot(table[:, 0], table[:, 3], color="#b04600", linestyle=":", label="v")
axes[0].plot(table[:, 0], table[:, 4], color="#b04600", label="v, corrected")
axes[1].plot(table[:, 0], table[:, 5], color="#0067a3", label="corrected")
axes[1].plot(table[:, 0], table[:, 6], color="#b04600", linestyle=":", label="uncorrected")
axes[0].set(xlabel="t", title="the two means", xlim=(0, 60))
axes[1].set(xlabel="t", title="length of the step, η = 0.1")
for ax in axes:
    ax.legend(frameon=False)
plt.show()

# %%
# Common mistakes
# ---------------
# * Counting :math:`t` from 0. The first correction then divides by :math:`1 - \beta^0 = 0`.
# * Counting :math:`t` once for every *parameter*. Then the sixth parameter would be corrected at
#   the first step as if this were step 6. All parameters must share one :math:`t` per step.
# * Putting :math:`\varepsilon` inside the root; see :doc:`11_adagrad_rmsprop`.
# * "Adam does not need a learning rate." It does: the length of a step is about :math:`\eta`. So
#   :math:`\eta` has the unit of the *weights*, and you still have to choose it.
#
# Source: D. P. Kingma and J. Ba, *Adam: a method for stochastic optimization*, ICLR 2015.
