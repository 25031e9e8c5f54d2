r"""
23 · A transformer that reverses a string
=========================================

**Question.** Large language models are transformers. What is inside a small one, and can we follow
one of its training steps, number by number?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`22_attention`: what do the weights of attention depend on, and what are they used
#     for?
#
# .. dropdown:: Answer
#
#     They depend on the products of queries and keys. The result is the mean of the values with
#     these weights.
#
# The parts
# ---------
# You know all parts of a transformer already:
#
# * an embedding for the tokens, and a vector for each position (:doc:`22_attention`);
# * *blocks*: each has an attention layer, and two linear layers with an activation between them;
# * layer normalization before each of the two parts (:doc:`19_start_values`);
# * a linear layer that gives logits for each position (:doc:`17_classification`).
#
# One idea is new. The result of each part is *added* to its input: :math:`y = x + f(x)`. It is
# called a *residual connection*.
#
# .. admonition:: Predict
#
#     What is :math:`\partial L / \partial x` for :math:`y = x + f(x)`, if :math:`\partial L /
#     \partial y = g`? What follows for a chain of 50 such blocks?
#
# Here is a transformer with two blocks. In a picture with one card per group, the sums around the
# parts are easy to see:

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show


def transformer(length=8, digits=10, width=32, blocks=2, heads=4):
    """Return a transformer that maps the digits of a string to digits."""
    rng = np.random.default_rng(0)
    x = tg.Input("x", shape=(None, length), dtype=int)
    t = tg.Input("t", shape=(None, length), dtype=int)
    table = tg.Parameter(0.3 * rng.normal(size=(digits, width)), name="digits")
    places = tg.Parameter(0.3 * rng.normal(size=(length, width)), name="positions")
    h = tg.Add(tg.Embedding(table, x, name="embedded"), places, name="h")
    for k in range(1, blocks + 1):
        h = tg.layers.transformer_block(h, heads, name=f"block{k}", rng=rng)
    h = tg.layers.layer_norm(h, name="norm")
    z = tg.layers.linear(h, digits, name="logits", rng=rng)
    return tg.Graph(tg.CrossEntropy(z, t, name="loss"), prediction=z)


model = transformer()
print(model)
show(tg.render(model, depth=1))

# %%
# **Your prediction.** The gradient is :math:`g + f'(x)^\top g`. The first part passes through
# unchanged. So in a chain of 50 blocks, the gradient of the loss reaches the first block directly,
# however small the slopes of the other parts are. This is why such deep networks can be trained at
# all.
#
# Training
# --------
# A string has 8 random digits, and the answer is the string backward. There are :math:`10^8` such
# strings. We train on 2,400 of them, and test on 600 others.

X, T = tg.data.reversal(3000, length=8, symbols=10, rng=0)
(X, X_new), (T, T_new) = np.split(X, [2400]), np.split(T, [2400])
print(X[0], "→", T[0])

# %%
# .. admonition:: Predict
#
#     The network sees each string three times. Which fraction of the digits of *new* strings will
#     be right?

history = tg.fit(
    model,
    tg.Adam(model.parameters, lr=0.003),
    x=X,
    t=T,
    epochs=3,
    batch_size=64,
    print_interval=1,
    validation={"x": X_new, "t": T_new},
)
right = model.predict(x=X_new).argmax(axis=-1) == T_new
print(f"digits right: {right.mean():.2%}   whole strings right: {right.all(axis=1).mean():.2%}")
assert right.mean() > 0.99

# %%
# **Your prediction.** Almost all of them. The network has not learned strings by heart. It has
# learned a *rule* about positions, and the rule holds for every string.
#
# Where does it look?
# -------------------
# Each of the two blocks has four heads. Which of them reverses? (A row is the position of a result,
# and a column the position that it reads.)

model.forward(x=X_new, t=T_new)
fig, axes = plt.subplots(2, 4, figsize=(8, 4.2), layout="constrained", sharex=True, sharey=True)
for row, block in zip(axes, ("block1", "block2"), strict=True):
    weights = model[f"{block}/attention/weights"].value.mean(axis=0)
    for head, (ax, shown) in enumerate(zip(row, weights, strict=True), 1):
        ax.imshow(shown, cmap="Blues", vmin=0, vmax=1)
        ax.set(title=f"{block}, head {head}", xticks=[], yticks=[])
show(fig)

# %%
# The heads of the first block have a dark line from the lower left to the upper right: position 1
# reads position 8, and so on. We did not tell the network to divide the work in this way. With
# other start values, the second block may do it.
#
# Step by step
# ------------
# You can follow every number of a training step here, too. The next transformer has one block,
# strings of three digits, and vectors of four numbers. Its stepper shows one training step on two
# strings. "Block ▶" runs a whole block; a click on its row opens it. Look at
# ``block1/attention/weights`` and at the sums ``block1/sum`` and ``block1/result``:

tiny = transformer(length=3, digits=3, width=4, blocks=1, heads=1)
strings, answers = tg.data.reversal(2, length=3, symbols=3, rng=0)
show(tg.step_through(tiny, tg.SGD(tiny.parameters, lr=0.1), x=strings, t=answers))

# %%
# And every derivative can be checked:

report = tg.gradcheck(tiny, x=strings, t=answers)
print(str(report).splitlines()[-1])
assert report.ok

# %%
# **The answer to the question.** A transformer has an embedding, blocks of attention and linear
# layers with residual connections, and logits for each position. It is a graph of ops that you
# know, and its backward pass is the chain rule, one op after the other.
#
# Exercise
# --------
# In a block :math:`y = x + f(x)` with one number, :math:`f(x) = 3 \tanh(x / 2)`. The gradient of
# :math:`y` is 2, and :math:`x = 0`. What is the gradient of :math:`x`?

answer = None
show(check("23", answer))

# %%
# .. dropdown:: Solution
#
#     The slope of :math:`f` at 0 is :math:`3 \cdot \tfrac12 = \tfrac32`. The sum adds 1 to it.
#
#     .. code-block:: python
#
#         answer = 2 * (1 + 3 / 2)
#
# What this leaves out
# --------------------
# A language model predicts the *next* token of a text. Its attention is causal: a position does not
# see later positions. It has many thousands of tokens, vectors of thousands of numbers and up to
# about a hundred blocks. But each block has the parts of the blocks on this page. ``tinygraph train
# reverse`` trains this network from the command line.
