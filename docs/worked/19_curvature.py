r"""
Curvature and the learning rate
===============================

**Statement.** Near a minimum :math:`w^*`, let
:math:`L(w) = L^* + \tfrac12 (w - w^*)^\top H (w - w^*)`, with a symmetric matrix :math:`H` whose
eigenvalues :math:`\lambda_1, \dots, \lambda_n` are positive. Gradient descent
:math:`w \leftarrow w - \eta\, \partial L / \partial w` converges from every start if and only if

.. math:: 0 < \eta < \frac{2}{\lambda_{\max}} .

Newton's step :math:`w \leftarrow w - H^{-1}\, \partial L / \partial w` reaches the minimum in one
step. The product of :math:`H` with a direction :math:`v` can be computed without the matrix:

.. math:: H v = \frac{\partial}{\partial w} \Bigl( \frac{\partial L}{\partial w} \cdot v \Bigr) .
"""

# %%
# Derivation
# ----------
# We write :math:`e = w - w^*` for the difference from the minimum.
#
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`\dfrac{\partial L}{\partial w} = H e`
#      - the derivative of :math:`\tfrac12 e^\top H e` for a symmetric :math:`H`
#    * - :math:`e \leftarrow e - \eta H e = (I - \eta H)\, e`
#      - one step of gradient descent, with :math:`w^*` subtracted on both sides
#    * - :math:`H q_i = \lambda_i q_i, \quad e = \sum_i a_i q_i`
#      - a symmetric matrix has orthogonal eigenvectors :math:`q_i`, and e is a linear combination
#        of them
#    * - :math:`a_i \leftarrow (1 - \eta \lambda_i)\, a_i`
#      - :math:`I - \eta H` multiplies each eigenvector by a number
#    * - :math:`\lvert 1 - \eta \lambda_i \rvert < 1 \iff 0 < \eta < \dfrac{2}{\lambda_i}`
#      - the direction i converges exactly in this case
#    * - :math:`\eta < \dfrac{2}{\lambda_{\max}}`
#      - all directions must converge, and the largest eigenvalue has the smallest limit
#    * - :math:`e \leftarrow e - H^{-1} H e = 0`
#      - Newton's step
#    * - :math:`\dfrac{\partial}{\partial w_j} \sum_k \dfrac{\partial L}{\partial w_k} v_k = \sum_k
#        \dfrac{\partial^2 L}{\partial w_j\, \partial w_k} v_k = (H v)_j`
#      - :math:`v` is constant, and the second derivatives are the elements of :math:`H`
#
# Index form and matrix form
# --------------------------
# .. math::
#
#     H_{jk} = \frac{\partial^2 L}{\partial w_j\, \partial w_k}, \qquad
#     (H v)_j = \sum_k H_{jk} v_k
#     \quad\Longleftrightarrow\quad
#     H v = \frac{\partial}{\partial w} \Bigl( \frac{\partial L}{\partial w}^{\!\top} v \Bigr) .
#
# **Shape check.** For n weights, :math:`H` is (n, n), and :math:`v`,
# :math:`\partial L / \partial w` and :math:`H v` have n elements. The product
# :math:`\partial L / \partial w \cdot v` is a number, so its gradient costs only a small constant
# times as much as a forward pass, although :math:`H` has :math:`n^2` elements.
#
# The numbers
# -----------
# A quadratic loss with the eigenvalues 1 and 6:

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg

H = np.array([[5.0, 2.0], [2.0, 2.0]])
print("eigenvalues:", np.linalg.eigvalsh(H).round(6))
w = tg.Parameter([1.0, 1.0], name="w")
L = 0.5 * (w @ H @ w)
model = tg.Graph(L)


def distance_after(lr, steps=100):
    """Return the distance to the minimum after some steps of gradient descent."""
    w.value = [1.0, 1.0]
    optimizer = tg.SGD([w], lr=lr)
    for _ in range(steps):
        model.forward()
        model.backward()
        optimizer.step()
    return float(np.linalg.norm(w.value))


for factor in (0.5, 1.0, 1.9, 2.0, 2.1):
    print(f"η = {factor} / λmax: distance after 100 steps {distance_after(factor / 6):.3g}")
assert distance_after(1.9 / 6) < 1e-3 < 1 < distance_after(2.1 / 6)

# %%
# :math:`H v` from the graph, without the matrix:

v = tg.Input("v", shape=(2,))
(slope,) = tg.gradients(L, [w])
(Hv,) = tg.gradients(np.sum(slope * v), [w])
product = tg.Graph(Hv).forward(v=[1.0, -1.0])
print("H v =", product, "  NumPy:", H @ [1.0, -1.0])
assert np.allclose(product, H @ [1.0, -1.0])

# %%
# Newton's step from any point:

w.value = [3.0, -7.0]
w.value = w.value - np.linalg.solve(H, tg.Graph(slope).forward())
print("after Newton's step:", w.value.round(12))
assert np.allclose(w.value, 0)

# %%
# The code
# --------
# The gradient of the gradient needs no additional code. ``tg.gradients`` calls the ``backward`` of
# each op with nodes, and the result is a graph again.
#
# .. literalinclude:: /../tinygraph/ops/powers.py
#    :pyobject: Square.backward
#    :dedent: 4
#
# A picture
# ---------
# The paths of gradient descent on the quadratic loss. Just below the limit, the steps jump from
# side to side in the direction of the largest curvature, and become slowly shorter. Above it, they
# become longer:

grid = np.linspace(-2, 2, 101)
u0, u1 = np.meshgrid(grid, grid)
level = 0.5 * (H[0, 0] * u0**2 + 2 * H[0, 1] * u0 * u1 + H[1, 1] * u1**2)
fig, axes = plt.subplots(1, 3, figsize=(9.5, 3.2), layout="constrained", sharey=True)
for ax, factor in zip(axes, (0.5, 1.8, 2.1), strict=True):
    path = [np.array([-0.6, 1.2])]
    for _ in range(12):
        path.append(path[-1] - factor / 6 * H @ path[-1])
    ax.contour(u0, u1, level, levels=10, colors="#9ca3af", linewidths=0.7)
    ax.plot(*np.array(path).T, "o-", color="#0067a3", markersize=3, linewidth=1)
    ax.set(title=f"η = {factor} / λmax", xlim=(-2, 2), ylim=(-2, 2), aspect="equal", xlabel="w₁")
axes[0].set(ylabel="w₂")
plt.show()

# %%
# Common mistakes
# ---------------
# * Taking the mean of the curvatures. The limit depends only on the largest one.
# * Reading the limit off the diagonal of :math:`H`. The largest eigenvalue is at least as large as
#   the largest diagonal element, and usually larger.
# * Using Newton's step far from a minimum. Along an eigenvector with a negative eigenvalue, it goes
#   uphill.
# * Building the whole matrix :math:`H` for a product with one direction.
