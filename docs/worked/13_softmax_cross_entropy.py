r"""
Softmax and cross-entropy
=========================

**Statement.** For the logits :math:`x` of shape (B, n) and class labels
:math:`t_1, \dots, t_B`, let :math:`p` be the softmax of each row and :math:`L` the cross-entropy:

.. math:: p_{ij} = \frac{e^{x_{ij}}}{\sum_k e^{x_{ik}}}, \qquad
          L = -\frac1B \sum_i \ln p_{i\,t_i} .

Then, with :math:`[j = t_i]` equal to 1 for the right class and 0 for the others,

.. math:: \frac{\partial L}{\partial x_{ij}} = \frac{1}{B} \bigl( p_{ij} - [j = t_i] \bigr) .
"""

# %%
# Derivation
# ----------
# We write :math:`s_i = \sum_k e^{x_{ik}}` for the sum of a row.
#
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`\ln p_{i t_i} = x_{i t_i} - \ln s_i`
#      - the logarithm of a quotient is a difference, and :math:`\ln e^x = x`
#    * - :math:`\dfrac{\partial x_{i t_i}}{\partial x_{ij}} = [j = t_i]`
#      - the logit of the right class is one of the :math:`x_{ij}`
#    * - :math:`\dfrac{\partial s_i}{\partial x_{ij}} = e^{x_{ij}}`
#      - only the term k = j depends on :math:`x_{ij}`
#    * - :math:`\dfrac{\partial \ln s_i}{\partial x_{ij}} = \dfrac{1}{s_i}\, e^{x_{ij}} = p_{ij}`
#      - chain rule with :math:`\ln' s = 1/s`; the quotient is the softmax
#    * - :math:`\dfrac{\partial \ln p_{i t_i}}{\partial x_{ij}} = [j = t_i] - p_{ij}`
#      - the difference of the last three lines
#    * - :math:`\dfrac{\partial L}{\partial x_{ij}} = \dfrac1B \bigl(p_{ij} - [j = t_i]\bigr)`
#      - the factor :math:`-1/B` of the loss; other rows do not depend on :math:`x_{ij}`
#
# The softmax alone has a derivative with two indices. With :math:`[i = j]` equal to 1 if i = j, the
# quotient rule gives, for one row,
#
# .. math:: \frac{\partial p_i}{\partial x_j}
#           = \frac{e^{x_i} [i = j]\, s - e^{x_i} e^{x_j}}{s^2} = p_i \bigl( [i = j] - p_j \bigr) .
#
# Multiplied by :math:`-1/p_t`, the slope of :math:`-\ln p_t`, row :math:`t` of this matrix is
# :math:`p_j - [j = t]`. The large factor :math:`1/p_t` of a confident mistake and the small factor
# :math:`p_t` of the softmax cancel. This is why we use the two together.
#
# Index form and matrix form
# --------------------------
# .. math::
#
#     \frac{\partial L}{\partial x_{ij}} = \frac{1}{B} \bigl( p_{ij} - [j = t_i] \bigr)
#     \quad\Longleftrightarrow\quad
#     \frac{\partial L}{\partial x} = \frac{1}{B} (P - T) ,
#
# where row :math:`i` of :math:`T` is 1 at the label :math:`t_i` and 0 elsewhere (*one-hot*). If the
# loss is not the end of the graph, both sides are multiplied by the scalar :math:`g`.
#
# **Shape check.** :math:`P` and :math:`T` are (B, n), as :math:`x`. Each row of :math:`P` and of
# :math:`T` has the sum 1, so each row of the gradient has the sum 0. Adding one number to all
# logits of a row changes nothing, and this direction has the slope 0.
#
# The numbers
# -----------
# The formula, the result of ``backward``, and central differences:

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg

x = tg.Parameter([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]], name="x")
t = np.array([2, 1])
labels = tg.Input("t", shape=(None,), dtype=int)
model = tg.Graph(tg.CrossEntropy(x, labels, name="L"))
model.forward(t=t)
model.backward()

P = np.exp(x.value) / np.exp(x.value).sum(axis=1, keepdims=True)
formula = (P - np.eye(3)[t]) / 2
print(formula.round(4))
assert np.allclose(x.grad, formula)
assert np.allclose(formula.sum(axis=1), 0)
print(tg.gradcheck(model, t=t))

# %%
# Large logits do not overflow, because the largest one of each row is subtracted before the
# exponentials.

x.value = [[900.0, 0.0, 0.0], [0.0, -900.0, 0.0]]
print("loss:", model.forward(t=t))
model.backward()
print(x.grad)
assert np.isfinite(x.grad).all()

# %%
# The code of the op
# ------------------
# .. literalinclude:: /../tinygraph/ops/classification.py
#    :pyobject: CrossEntropy.forward
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/ops/classification.py
#    :pyobject: CrossEntropy.backward
#    :dedent: 4
#
# A picture
# ---------
# The right class is 0, and its logit exceeds the other two by :math:`a`. The gradient of this logit
# goes to 0 as the network becomes confident and right, and to −1 as it becomes confident and wrong.

a = np.linspace(-8, 8, 81)
p = np.exp(a) / (np.exp(a) + 2)
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(a, p - 1, color="#0067a3", label="right class: p − 1")
ax.plot(a, (1 - p) / 2, "--", color="#b04600", label="each other class: p")
ax.axhline(0, color="#374151", linewidth=0.8)
ax.set(xlabel="a", ylabel="gradient of the logit")
ax.legend(frameon=False)
plt.show()

# %%
# Common mistakes
# ---------------
# * Applying the softmax twice: once in the network, and once more in a loss that takes logits. The
#   network trains, but slowly, because the second softmax makes all probabilities similar.
# * Counting the classes from 1. A label 3 of three classes is refused; labels 1 and 2 are silently
#   wrong.
# * Feeding one-hot rows where class numbers are expected, or the other way round.
# * Computing :math:`\ln(\operatorname{softmax}(x))` in two steps. The softmax of a small logit is 0
#   in floating point, and its logarithm is :math:`-\infty`.
