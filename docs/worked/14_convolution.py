r"""
Convolution
===========

**Statement.** For an image :math:`x` of H × W pixels and a kernel :math:`K` of k × l numbers, let

.. math:: y_{ij} = \sum_{p=0}^{k-1} \sum_{q=0}^{l-1} x_{i+p,\, j+q}\, K_{pq} .

Then, with :math:`g = \partial L/\partial y`,

.. math:: \frac{\partial L}{\partial K_{pq}} = \sum_{i,j} x_{i+p,\, j+q}\, g_{ij}, \qquad
          \frac{\partial L}{\partial x_{uv}} = \sum_{p,q} g_{u-p,\, v-q}\, K_{pq} ,

where :math:`g` is 0 outside of its own indices. Both gradients are convolutions again.
"""

# %%
# Derivation
# ----------
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`\dfrac{\partial y_{ij}}{\partial K_{pq}} = x_{i+p,\, j+q}`
#      - :math:`K_{pq}` is in one term of the sum, with this factor
#    * - :math:`\dfrac{\partial L}{\partial K_{pq}} = \sum_{i,j} g_{ij}\, x_{i+p,\, j+q}`
#      - chain rule: :math:`K_{pq}` reaches :math:`L` through every output pixel, and paths add up
#    * - :math:`x_{uv} \text{ is in } y_{ij} \text{ if } u = i + p,\ v = j + q`
#      - for each offset (p, q) in the kernel, there is one such output pixel:
#        :math:`i = u - p,\ j = v - q`
#    * - :math:`\dfrac{\partial y_{u-p,\, v-q}}{\partial x_{uv}} = K_{pq}`
#      - the factor of :math:`x_{uv}` in that pixel
#    * - :math:`\dfrac{\partial L}{\partial x_{uv}} = \sum_{p,q} g_{u-p,\, v-q}\, K_{pq}`
#      - chain rule: the sum over all output pixels that contain :math:`x_{uv}`
#
# The second formula has minus signs. Put a frame of :math:`k - 1` and :math:`l - 1` zeros around
# :math:`g`, and rotate the kernel by half a turn: :math:`\tilde K_{pq} = K_{k-1-p,\, l-1-q}`. Then
# the gradient of the image is the convolution of the framed :math:`g` with :math:`\tilde K`. The
# gradient of the kernel is the convolution of the image with :math:`g` as the kernel.
#
# Index form and matrix form
# --------------------------
# Write every window of :math:`x` as a row of a matrix :math:`X`, and the kernel as a column
# :math:`\kappa` (*im2col*). The convolution is then a matrix product, and the rules of
# :doc:`05_layer` hold:
#
# .. math::
#
#     \begin{aligned}
#     y_{ij} &= \sum_{p,q} x_{i+p,\, j+q} K_{pq}
#     &&\Longleftrightarrow& \operatorname{vec} y &= X \kappa \\
#     \frac{\partial L}{\partial K_{pq}} &= \sum_{i,j} x_{i+p,\, j+q}\, g_{ij}
#     &&\Longleftrightarrow&
#     \frac{\partial L}{\partial \kappa} &= X^\top \operatorname{vec} g \\
#     \frac{\partial L}{\partial x_{uv}} &= \sum_{p,q} g_{u-p,\, v-q} K_{pq}
#     &&\Longleftrightarrow&
#     \frac{\partial L}{\partial X} &= \operatorname{vec}(g)\, \kappa^\top
#     \end{aligned}
#
# A pixel is in several rows of :math:`X`. Its gradient is the sum of these elements of
# :math:`\partial L / \partial X`.
#
# **Shape check.** The output has (H − k + 1) × (W − l + 1) pixels. :math:`X` has one row per output
# pixel and k · l columns, so :math:`X^\top \operatorname{vec} g` has k · l elements, as :math:`K`.
# With its frame, :math:`g` has (H + k − 1) × (W + l − 1) elements, and its convolution with the
# kernel has H × W, as :math:`x`.
#
# The numbers
# -----------
# Both gradients, once with the formulas and once by ``backward``:

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg


def convolve(x, K):
    """Return the convolution of an image with a kernel."""
    k, n = K.shape
    y = np.zeros((x.shape[0] - k + 1, x.shape[1] - n + 1))
    for i, j in np.ndindex(y.shape):
        y[i, j] = np.sum(x[i : i + k, j : j + n] * K)
    return y


rng = np.random.default_rng(0)
image, kernel = rng.normal(size=(6, 7)), rng.normal(size=(3, 2))
x = tg.Parameter(image.reshape(1, 1, 6, 7), name="x")
K = tg.Parameter(kernel.reshape(1, 1, 3, 2), name="K")
y = tg.Conv2D(x, K, name="y")
model = tg.Graph(tg.Sum(tg.Tanh(y, name="h"), name="L"))
model.forward()
model.backward()

g = y.grad[0, 0]
framed = np.pad(g, ((2, 2), (1, 1)))
assert np.allclose(y.value[0, 0], convolve(image, kernel))
assert np.allclose(K.grad[0, 0], convolve(image, g))
assert np.allclose(x.grad[0, 0], convolve(framed, kernel[::-1, ::-1]))
print("both gradients are convolutions")
print(tg.gradcheck(model))

# %%
# The code of the op
# ------------------
# The op works on batches, with several channels and kernels. Its ``backward`` uses the matrix form.
#
# .. literalinclude:: /../tinygraph/ops/convolution.py
#    :pyobject: Conv2D.forward
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/ops/convolution.py
#    :pyobject: Conv2D.backward
#    :dedent: 4
#
# A picture
# ---------
# A pixel in the middle is part of six windows, and a pixel in a corner of only one. The gradient of
# a pixel is the sum of the contributions of all its windows:

ones = np.pad(np.ones(g.shape), ((2, 2), (1, 1)))
windows = convolve(ones, np.ones((3, 2)))
fig, ax = plt.subplots(figsize=(4.4, 3.4), layout="constrained")
ax.imshow(windows, cmap="Blues", vmin=0, vmax=8)
for i, j in np.ndindex(windows.shape):
    ax.text(j, i, f"{windows[i, j]:.0f}", ha="center", va="center", fontsize=9)
ax.set(title="windows that contain each pixel", xticks=[], yticks=[])
plt.show()
assert windows.sum() == g.size * kernel.size

# %%
# Common mistakes
# ---------------
# * Convolving :math:`g` with the kernel itself. For the gradient of the image, the kernel must be
#   rotated by half a turn. A test with a symmetric kernel does not find this mistake.
# * Forgetting the frame of zeros. The result then has fewer pixels than the image.
# * Forgetting the sum over the batch. All images share the kernel, so their contributions add up.
# * Counting parameters per output pixel. The kernel has k · l weights, however large the image is.
