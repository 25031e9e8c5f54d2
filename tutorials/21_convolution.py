r"""
21 · Convolution
================

**Question.** A stroke looks the same wherever it is in an image. How can a network learn it once,
and find it everywhere?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`02_chain_rule`: a value is used at several places. What is its gradient?
#
# .. dropdown:: Answer
#
#     The sum of the contributions from all these places.
#
# One small filter for all places
# -------------------------------
# A linear layer has one weight for each pair of a pixel and a unit. What it learns about the upper
# left corner says nothing about the lower right one. A *convolution* uses the same small matrix of
# weights, the *kernel*, at every place of the image. Each output pixel is the sum of the products
# of the kernel with a *window* of the image:

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show


def convolve(image, kernel):
    """Return the sum of kernel × window for every window of the image."""
    size = len(kernel)
    out = np.zeros((len(image) - size + 1, len(image) - size + 1))
    for i in range(len(out)):
        for j in range(len(out)):
            out[i, j] = np.sum(kernel * image[i : i + size, j : j + size])
    return out


# %%
# .. admonition:: Predict
#
#     The kernel below has −1 in its left column, 0 in the middle and 1 in its right column. Where
#     in an image of a digit is the output large? Where is it 0?

images, digits = tg.data.digits()
zero = images[0]
kernel = np.array([[-1.0, 0.0, 1.0]] * 3)
fig, axes = plt.subplots(1, 3, figsize=(8, 2.9), layout="constrained")
shown = {"image": (zero, "gray_r"), "kernel": (kernel, "PuOr_r"), "output": (None, "PuOr_r")}
shown["output"] = convolve(zero, kernel), "PuOr_r"
for ax, (name, (array, colors)) in zip(axes, shown.items(), strict=True):
    limit = np.abs(array).max()
    ax.imshow(array, cmap=colors, vmin=0 if colors == "gray_r" else -limit, vmax=limit)
    ax.set(title=f"{name}, {len(array)} × {len(array)}", xticks=[], yticks=[])
show(fig)

# %%
# **Your prediction.** It is large where the image becomes darker from left to right, and negative
# (purple) where it becomes brighter. So the kernel finds vertical edges. Where all pixels of a
# window are equal, the output is 0.
#
# :class:`tinygraph.Conv2D` computes the same for a batch of images with several *channels*, and for
# several kernels at once. Its arrays are (samples, channels, height, width):

x = tg.Input("x", shape=(None, 1, 8, 8))
K = tg.Parameter(kernel.reshape(1, 1, 3, 3), name="K")
y = tg.Conv2D(x, K, name="y")
model = tg.Graph(tg.Sum(y * y, name="loss"))
model.forward(x=images[:5].reshape(5, 1, 8, 8))
assert np.allclose(y.value[0, 0], convolve(zero, kernel))
print("input", x.value.shape, " kernel", K.value.shape, " output", y.value.shape)

# %%
# The gradient is a convolution, too
# ----------------------------------
# .. admonition:: Predict
#
#     One weight of the kernel is used in every window, and the output is 6 × 6. So its gradient is
#     a sum of products. How many products does one image contribute? Which array operation is this?

model.backward()
g = y.grad
by_hand = np.zeros((3, 3))
for p in range(3):
    for q in range(3):
        by_hand[p, q] = np.sum(g[:, 0] * x.value[:, 0, p : p + 6, q : q + 6])
print(np.round(by_hand, 3))
assert np.allclose(by_hand, K.grad[0, 0])

# %%
# **Your prediction.** Each image contributes 36 products, one per window. Each of them is an
# element of g times the pixel that the weight was multiplied by. So the gradient of the kernel is
# the convolution of the input *with g as the kernel*. :doc:`/derivations/14_convolution` also
# derives the gradient of the input: g is convolved with the kernel rotated by half a turn.
#
# A network for images
# --------------------
# Here is a network with two convolutions. Each is followed by a ReLU. ``MaxPool2D`` then keeps the
# largest of each 2 × 2 pixels, so the exact place of a stroke matters less.

order = np.random.default_rng(0).permutation(len(images))
images, digits = images[order], digits[order]
X, T = images[:1400].reshape(-1, 1, 8, 8), digits[:1400]
X_new, T_new = images[1400:].reshape(-1, 1, 8, 8), digits[1400:]


def conv_network():
    """Return a network with two convolutions and one linear layer."""
    rng = np.random.default_rng(0)
    x, t = tg.Input("x", shape=(None, 1, 8, 8)), tg.Input("t", shape=(None,), dtype=int)
    h = tg.ReLU(tg.layers.conv2d(x, 8, name="conv1", padding=1, rng=rng), name="conv1/h")
    h = tg.MaxPool2D(h, name="conv1/pool")
    h = tg.ReLU(tg.layers.conv2d(h, 16, name="conv2", padding=1, rng=rng), name="conv2/h")
    h = tg.MaxPool2D(h, name="conv2/pool")
    z = tg.layers.linear(tg.Reshape(h, to=(None, 64), name="flat"), 10, name="out", rng=rng)
    return tg.Graph(tg.CrossEntropy(z, t, name="loss"), prediction=z)


def linear_network():
    """Return a network with two linear layers of about the same number of weights."""
    rng = np.random.default_rng(0)
    x, t = tg.Input("x", shape=(None, 1, 8, 8)), tg.Input("t", shape=(None,), dtype=int)
    pixels = tg.Reshape(x, to=(None, 64), name="flat")
    h = tg.ReLU(tg.layers.linear(pixels, 26, name="layer1", rng=rng, init="he"), name="layer1/h")
    z = tg.layers.linear(h, 10, name="out", rng=rng)
    return tg.Graph(tg.CrossEntropy(z, t, name="loss"), prediction=z)


models = {"convolution": conv_network(), "linear": linear_network()}
for name, model in models.items():
    weights = sum(parameter.value.size for parameter in model.parameters)
    print(f"{name}: {weights} weights")
    optimizer = tg.Adam(model.parameters, lr=0.005)
    tg.fit(model, optimizer, x=X, t=T, epochs=10, batch_size=64, print_interval=5)
show(tg.render(models["convolution"]))

# %%
# .. admonition:: Predict
#
#     Both networks were trained on digits in the middle of the image. We move the new images by one
#     pixel to the right. Which network still reads them?


def accuracy(model, images):
    """Return the fraction of new images that the model reads correctly."""
    return float(np.mean(model.predict(x=images).argmax(axis=1) == T_new))


moved = np.roll(X_new, 1, axis=3)
moved[:, :, :, 0] = 0
results = {}
for name, model in models.items():
    results[name] = accuracy(model, X_new), accuracy(model, moved)
    print("{:12} in place {:.1%}, moved {:.1%}".format(name, *results[name]))

# %%
# **Your prediction.** The convolutional network reads more of the moved digits, because its kernels
# find a stroke wherever it is. But it also reads fewer digits than before: its last layer still has
# a weight for each place.

assert results["convolution"][0] > 0.96
assert results["convolution"][1] > results["linear"][1] + 0.1

# %%
# What has it learned? Here are the eight kernels of the first convolution. Some of them respond to
# edges and strokes in different directions:

kernels = models["convolution"]["conv1/K"].value[:, 0]
show(tg.plots.images(kernels, columns=8))

# %%
# **The answer to the question.** A convolution uses one small kernel at all places of the image. In
# the backward pass, the contributions of all places add up in the gradient of the kernel. So the
# same few weights learn from every place in every image.
#
# Exercise
# --------
# A color image has 3 channels and 28 × 28 pixels. A convolution has 6 kernels of 5 × 5 pixels, and
# each kernel has a bias. How many parameters does the layer have?

answer = None
show(check("21", answer))

# %%
# .. dropdown:: Solution
#
#     A kernel covers all 3 channels, so it has :math:`3 \cdot 5 \cdot 5 = 75` weights and one bias.
#     The size of the image does not matter.
#
#     .. code-block:: python
#
#         answer = 6 * (3 * 5 * 5 + 1)
#
# What this leaves out
# --------------------
# Large networks have many more layers, and paths around them (*residual networks*). And what we,
# like everyone in this field, call a convolution is a *cross-correlation* in mathematics: there,
# the kernel is rotated by half a turn.
