r"""
AdaGrad and RMSProp
===================

**Statement.** Both optimizers divide each element of the step by the root of its own squared
gradients:

.. math:: w_t = w_{t-1} - \frac{\eta\, g_t}{\sqrt{s_t} + \varepsilon} .

**AdaGrad** uses their sum, :math:`s_t = s_{t-1} + g_t^2`. **RMSProp** uses their running mean,
:math:`s_t = \rho s_{t-1} + (1 - \rho)\, g_t^2`. Under a constant gradient of any size, AdaGrad's
step is :math:`\eta / \sqrt t`, and RMSProp's step converges to :math:`\eta`.
"""

# %%
# Derivation
# ----------
# Why the root of squares? The step should not change if we measure the loss in other units.
#
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`L \to c L \;\Rightarrow\; g \to c\, g,\; s \to c^2 s,\; \dfrac{g}{\sqrt s} \to
#        \dfrac{g}{\sqrt s}`
#      - the factor cancels: elements with large gradients and elements with small gradients move
#        equally far
#    * - AdaGrad, :math:`g_t = g: \quad s_t = t\, g^2`
#      - t equal terms
#    * - :math:`|\Delta w_t| = \dfrac{\eta |g|}{\sqrt{t}\, |g|} = \dfrac{\eta}{\sqrt t}`
#      - insert; :math:`\varepsilon` is negligible. The steps can only shrink
#    * - RMSProp: :math:`\; s_t = (1 - \rho) \sum_{r=1}^{t} \rho^{t-r} g_r^2`
#      - unroll the recursion, as for :doc:`10_momentum`
#    * - :math:`g_r = g: \quad s_t = (1 - \rho)\, g^2\, \dfrac{1 - \rho^t}{1 - \rho} = (1 -
#        \rho^t)\, g^2`
#      - geometric series
#    * - :math:`|\Delta w_t| = \dfrac{\eta}{\sqrt{1 - \rho^t}} \to \eta`
#      - the first step is too large, by the factor :math:`1/\sqrt{1 - \rho}`; :doc:`12_adam`
#        corrects this
#
# :math:`\varepsilon` only prevents a division by zero where :math:`s = 0`, for an element whose
# gradient has always been 0.
#
# Index form and matrix form
# --------------------------
# Squares, roots and quotients are elementwise:
#
# .. math:: s_{ij} \leftarrow s_{ij} + g_{ij}^2, \quad w_{ij} \leftarrow w_{ij} - \frac{\eta\,
#    g_{ij}}{\sqrt{s_{ij}} + \varepsilon} \qquad\Longleftrightarrow\qquad s \leftarrow s + g \odot
#    g, \quad w \leftarrow w - \eta\, g \oslash (\sqrt{s} + \varepsilon) .
#
# **Shape check.** :math:`s` has the shape of :math:`w`; :math:`\oslash` divides element by element.
#
# The numbers
# -----------

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg


def steps(make, gradients):
    """Return the length of the step that an optimizer takes on each gradient."""
    w = tg.Parameter(0.0, name="w")
    optimizer = make([w])
    taken = []
    for g in gradients:
        before = float(w.value)
        w.grad = np.float64(g)
        optimizer.step()
        taken.append(abs(float(w.value) - before))
    return np.array(taken)


def adagrad(parameters):
    return tg.AdaGrad(parameters, lr=0.1)


def rmsprop(parameters):
    return tg.RMSProp(parameters, lr=0.1, rho=0.9)


t = np.arange(1, 51)
rows = []
for g in (0.001, 1.0, 1000.0):
    ada, rms = steps(adagrad, [g] * 50), steps(rmsprop, [g] * 50)
    rows.append([g, ada[0], ada[24], rms[0], rms[24]])
    assert np.allclose(ada, 0.1 / np.sqrt(t), rtol=1e-3)
    assert np.allclose(rms, 0.1 / np.sqrt(1 - 0.9**t), rtol=1e-3)
headers = ["g", "AdaGrad, t = 1", "t = 25", "RMSProp, t = 1", "t = 25"]
print(tabulate(rows, headers=headers, floatfmt=("g", *[".4f"] * 4)))

# %%
# The gradient in the last row is a million times larger than in the first, but the steps are the
# same. At :math:`t = 25`, AdaGrad's step is a fifth of the first one, because :math:`1/\sqrt{25} =
# 1/5`.
#
# The code
# --------
# .. literalinclude:: /../tinygraph/optim/updates.py
#    :pyobject: AdaGrad.update
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/optim/updates.py
#    :pyobject: RMSProp.update
#    :dedent: 4
#
# A picture
# ---------
# The gradient is 1 for 25 steps, and 0.1 after that. RMSProp forgets the large gradients, so its
# steps recover. AdaGrad never forgets them.

gradients = [1.0] * 25 + [0.1] * 50
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(steps(adagrad, gradients), color="#0067a3", label="AdaGrad")
ax.plot(steps(rmsprop, gradients), color="#b04600", linestyle="--", label="RMSProp, ρ = 0.9")
ax.axvline(24.5, color="#9ca3af", linewidth=0.8)
ax.set(xlabel="t", ylabel="length of the step")
ax.legend(frameon=False)
plt.show()

# %%
# Common mistakes
# ---------------
# * Writing :math:`\sqrt{s + \varepsilon}` instead of :math:`\sqrt s + \varepsilon`. Both forms
#   exist. With :math:`\varepsilon = 10^{-8}`, the first is :math:`10^{-4}` at :math:`s = 0`, and
#   the second is :math:`10^{-8}`.
# * Squaring the *norm* of the gradient. Each element has its own square.
# * Forgetting the root. Then the units do not cancel: a step has the unit of 1/gradient.
#
# Sources: J. Duchi, E. Hazan and Y. Singer, *Adaptive subgradient methods*, JMLR 12, 2011; T.
# Tieleman and G. Hinton, *Lecture 6.5: RMSProp*, 2012.
