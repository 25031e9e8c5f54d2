r"""
18 · Handwritten digits, in small batches
=========================================

**Question.** Can a network of this kind read handwriting? And why do we not train it on all
images at once?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`17_classification`: what is the gradient of the cross-entropy with respect to the
#     logits?
#
# .. dropdown:: Answer
#
#     The probability minus the target, :math:`p - t`, divided by the batch size.
#
# The data
# --------
# :func:`tinygraph.data.digits` returns 1,797 images of 8 × 8 pixels, each with its digit. We choose
# 1,400 of them at random for training. The other 397 are never used in training. They show whether
# the network has learned to read, or only remembers.

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

images, digits = tg.data.digits()
order = np.random.default_rng(0).permutation(len(images))
images, digits = images[order], digits[order]
X, T = images[:1400].reshape(-1, 64), digits[:1400]
X_new, T_new = images[1400:].reshape(-1, 64), digits[1400:]
show(tg.plots.images(images[:16], titles=[str(digit) for digit in digits[:16]], columns=8))

# %%
# A network with 64 inputs, two hidden layers and ten logits is enough. ReLUs need weights of
# another scale than sigmoids (``init="he"``); :doc:`19_start_values` explains why.


def network():
    """Return a network from 64 pixels to 10 logits."""
    rng = np.random.default_rng(0)
    x, t = tg.Input("x", shape=(None, 64)), tg.Input("t", shape=(None,), dtype=int)
    h = tg.ReLU(tg.layers.linear(x, 64, name="layer1", rng=rng, init="he"), name="layer1/h")
    h = tg.ReLU(tg.layers.linear(h, 32, name="layer2", rng=rng, init="he"), name="layer2/h")
    z = tg.layers.linear(h, 10, name="layer3", rng=rng)
    return tg.Graph(tg.CrossEntropy(z, t, name="loss"), prediction=z)


# %%
# How good is the gradient of a batch?
# ------------------------------------
# The loss is a mean over all images, and so is its gradient. A *mini-batch* is a small random
# sample of the images. Its gradient is an estimate of the full gradient, at a fraction of the cost.
#
# .. admonition:: Predict
#
#     We measure the error of this estimate: the norm of the difference, divided by the norm of the
#     full gradient. How many times smaller does the error become if the batch is 16 times larger?

model = network()


def gradient(rows):
    """Return the gradient of the loss on some images, all parameters in one vector."""
    model.forward(x=X[rows], t=T[rows])
    model.backward()
    return np.concatenate([parameter.grad.ravel() for parameter in model.parameters])


full = gradient(np.arange(1400))
rng = np.random.default_rng(1)
sizes = np.array([4, 16, 64, 256])
errors = []
for size in sizes:
    samples = [gradient(rng.choice(1400, size)) - full for _ in range(60)]
    errors.append(np.mean([np.linalg.norm(each) for each in samples]) / np.linalg.norm(full))
    print(f"batch of {size:3}: relative error {errors[-1]:.2f}")

fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.loglog(sizes, errors, "o-", color="#0067a3", label="measured")
ax.loglog(
    sizes, errors[0] * (sizes / 4.0) ** -0.5, "--", color="#b04600", label="1 / √(batch size)"
)
ax.set(xlabel="batch size", ylabel="relative error")
ax.set_xticks(sizes, [str(size) for size in sizes])
ax.set_yticks([0.5, 1, 2], ["0.5", "1", "2"])
ax.minorticks_off()
ax.legend(frameon=False)
show(fig)

# %%
# **Your prediction.** The error is proportional to :math:`1/\sqrt{\text{batch size}}`, as for every
# mean of independent samples. So a batch that is 16 times larger costs 16 times as much, but its
# error is only 4 times smaller. Many cheap steps in roughly the right direction are better than a
# few exact ones.

assert np.allclose(np.array(errors) * np.sqrt(sizes), errors[0] * 2, rtol=0.25)

# %%
# Training
# --------
# One pass over all images is an *epoch*. The images are shuffled before each epoch, and cut into
# batches. ``fit`` does this if you give it a ``batch_size``. The loss and the accuracy on the new
# images are computed as well if you give them as ``validation``.
#
# .. admonition:: Predict
#
#     Both runs below have 15 epochs, so they use each image 15 times. One takes a step on every 32
#     images, the other on all 1,400. Which accuracy does each of them reach on the new images?

histories, models = {}, {}
for name, size in (("batches of 32", 32), ("full batch", None)):
    models[name] = network()
    optimizer = tg.Adam(models[name].parameters, lr=0.003)
    histories[name] = tg.fit(
        models[name],
        optimizer,
        x=X,
        t=T,
        epochs=15,
        batch_size=size,
        print_interval=5,
        validation={"x": X_new, "t": T_new},
        engine="numpy",
    )
show(tg.plots.learning_curve(histories).figure)

# %%
# **Your prediction.** With batches of 32, the network takes 44 steps per epoch and reads more than
# 97 % of the new images. With the full batch, it takes one step per epoch. It reads about 75 %, and
# its loss has changed very little.

accuracy = {name: history.validation_accuracy[-1] for name, history in histories.items()}
assert accuracy["batches of 32"] > 0.97
assert accuracy["full batch"] < 0.85

# %%
# Why not batches of a single image? The gradient of one image is very noisy. And an array operation
# on 32 rows takes little more time than on one, because NumPy needs most of the time to prepare it.
#
# The mistakes
# ------------
# A *confusion matrix* counts how often each digit was read as each other one. It is also always
# worth looking at the worst mistakes:

logits = models["batches of 32"].predict(x=X_new)
show(tg.plots.confusion_matrix(T_new, logits).figure)

# %%

show(tg.plots.worst_mistakes(images[1400:], T_new, logits, count=4))

# %%
# Some of these digits are difficult for you, too.
#
# **The answer to the question.** A small network reads about 98 % of the new digits. Training in
# mini-batches is fast because a small random sample already gives a good direction for the step.
#
# Exercise
# --------
# ``fit`` trains on 1,400 images with ``batch_size=32``, for 10 epochs. How many steps does the
# optimizer take? The last batch of an epoch may be shorter than the others.

answer = None
show(check("18", answer))

# %%
# .. dropdown:: Solution
#
#     :math:`1400 = 43 \cdot 32 + 24`, so an epoch has 43 batches of 32 images and one of 24.
#
#     .. code-block:: python
#
#         answer = 10 * 44
#
# What this leaves out
# --------------------
# The noise of small batches also changes *which* minimum is found. And large batches need a larger
# learning rate: with Adam, :math:`\eta` is often made :math:`\sqrt k` times larger for a batch that
# is :math:`k` times larger.
