r"""
22 · Embeddings and attention
=============================

**Question.** In a text, the meaning of a word may depend on another word far away. How does a
network look at the right place?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`17_classification`: what does the softmax make of the logits 0 and 0? And of 0 and
#     10?
#
# .. dropdown:: Answer
#
#     The probabilities 0.5 and 0.5. And almost exactly 0 and 1.
#
# Numbers for symbols
# -------------------
# A text is a sequence of *tokens*: whole numbers that name letters or words. The token 4 is not
# twice as large as the token 2; it is only another symbol. So each token gets its own vector, a row
# of a table. The network learns this table, the *embedding*.
#
# .. admonition:: Predict
#
#     The table below has five rows. A sequence of three tokens picks the rows 3, 1 and 3. The
#     gradient of each picked vector is a row of ones. What is the gradient of the table?

import matplotlib.pyplot as plt
import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

table = tg.Parameter(np.arange(10.0).reshape(5, 2), name="table")
tokens = tg.Input("tokens", shape=(None, 3), dtype=int)
rows = tg.Embedding(table, tokens, name="rows")
model = tg.Graph(tg.Sum(rows))
model.forward(tokens=[[3, 1, 3]])
model.backward()
print("the rows:", rows.value[0].tolist())
print("gradient of the table:", table.grad.tolist())
assert table.grad[:, 0].tolist() == [0, 1, 0, 2, 0]

# %%
# **Your prediction.** Row 3 was used twice, so its two contributions add up. Row 1 was used once.
# All other rows have the gradient 0: a token that does not appear is not learned.
#
# A mean with learned weights
# ---------------------------
# Now each position must collect information from the others. *Attention* does this with three
# vectors, which three linear layers compute at every position:
#
# * a *query*: what this position looks for;
# * a *key*: what queries are compared with to find this position;
# * a *value*: the information that it passes on.
#
# The *score* of two positions is the dot product of the query of one position and the key of the
# other. A softmax turns the scores of a query into weights. The result is the weighted mean of all
# values:
#
# .. math:: Y = \operatorname{softmax}\!\left( \frac{Q K^\top}{\sqrt d} \right) V .
#
# .. admonition:: Predict
#
#     A query is :math:`(4, 0)`. The keys of three positions are :math:`(1, 0)`, :math:`(0, 1)` and
#     :math:`(-1, 0)`, and their values are 10, 20 and 30. Near which value is the result?

query = np.array([[4.0, 0.0]])
keys = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
values = np.array([[10.0], [20.0], [30.0]])


def attend(query, keys, values):
    """Return the weights of the values, and their weighted mean."""
    scores = query @ keys.T / np.sqrt(keys.shape[1])
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    return weights, weights @ values


weights, result = attend(query, keys, values)
print("weights:", weights.round(3), " result:", result.round(2))

# %%
# **Your prediction.** It is near 10, because the first key points in the direction of the query.
# All steps are differentiable, so the network learns *where to look* by gradient descent: if a
# value would make the loss smaller, a step raises the score of its position.
#
# Why divide by :math:`\sqrt d`? A score is a sum of :math:`d` products. If queries and keys have
# elements of size 1, the score has the size :math:`\sqrt d`. Such scores would saturate the
# softmax, and its slope would be almost 0.
#
# Reverse a sequence
# ------------------
# The input is a sequence of five symbols, and the output must be the same symbols in reverse order.
# The network has an embedding, one attention layer and a linear layer. It also adds to each vector
# a learned vector for its *position*:

X, T = tg.data.reversal(2000, length=5, symbols=6, rng=0)
X_new, T_new = tg.data.reversal(500, length=5, symbols=6, rng=1)
print("in: ", X[0], "\nout:", T[0])


def network(with_positions=True, size=24):
    """Return a network that maps five tokens to the logits of five tokens."""
    rng = np.random.default_rng(0)
    x = tg.Input("x", shape=(None, 5), dtype=int)
    t = tg.Input("t", shape=(None, 5), dtype=int)
    symbols = tg.Parameter(0.5 * rng.normal(size=(6, size)), name="symbols")
    h = tg.Embedding(symbols, x, name="embedded")
    if with_positions:
        positions = tg.Parameter(0.5 * rng.normal(size=(5, size)), name="positions")
        h = tg.Add(h, positions, name="placed")
    h = tg.layers.attention(h, heads=1, name="attention", rng=rng)
    z = tg.layers.linear(h, 6, name="out", rng=rng)
    return tg.Graph(tg.CrossEntropy(z, t, name="loss"), prediction=z)


show(tg.render(network(), around="attention/weights", radius=4, depth=1))

# %%
# .. admonition:: Predict
#
#     Two networks are trained, one with the vectors for the positions and one without. Can both of
#     them learn to reverse?

models = {"with positions": network(), "without": network(with_positions=False)}
for name, model in models.items():
    print(name)
    optimizer = tg.Adam(model.parameters, lr=0.01)
    validation = {"x": X_new, "t": T_new}
    tg.fit(
        model,
        optimizer,
        x=X,
        t=T,
        epochs=4,
        batch_size=50,
        print_interval=2,
        validation=validation,
        engine="numpy",
    )


def digits_right(model):
    """Return the fraction of tokens that the model gives correctly."""
    return float(np.mean(model.predict(x=X_new).argmax(axis=-1) == T_new))


assert digits_right(models["with positions"]) > 0.99
assert digits_right(models["without"]) < 0.6

# %%
# **Your prediction.** Only the network with positions learns it. Attention treats its positions as
# a *set*: if you exchange two tokens, the two results are exchanged, too, and nothing else changes.
# Without a vector for its position, a token does not know where it is.
#
# Where does it look?
# -------------------
# The weights of the softmax are a node of the graph, so we can look at them. A row is the position
# of a result, and a column is the position that it reads:

model = models["with positions"]
model.forward(x=X_new, t=T_new)
attention = model["attention/weights"].value.mean(axis=0)[0]
fig, ax = plt.subplots(figsize=(3.6, 3.2), layout="constrained")
drawn = ax.imshow(attention, cmap="Blues", vmin=0, vmax=1)
ax.set(xlabel="position that is read", ylabel="position of the result")
fig.colorbar(drawn, label="weight")
show(fig)

# %%
# The first result reads the last position, and so on. We did not tell the network to do this. It
# learned it from the gradient.

assert np.allclose(np.fliplr(attention), np.eye(5), atol=0.05)

# %%
# **The answer to the question.** Each position sends a query, and every position offers a key and a
# value. The softmax of the products of query and keys says where to look. Everything is
# differentiable, so training finds the right places.
#
# Exercise
# --------
# A query has the scores 0 and :math:`\ln 3` with two positions. (They are already divided by
# :math:`\sqrt d`.) The values of the two positions are 2 and 6. What is the result?

answer = None
show(check("22", answer))

# %%
# .. dropdown:: Solution
#
#     The exponentials are 1 and 3, so the weights are 1/4 and 3/4.
#
#     .. code-block:: python
#
#         answer = 2 / 4 + 6 * 3 / 4
#
# What this leaves out
# --------------------
# Several attention *heads* in parallel can look at several places at once. In *causal* attention, a
# position does not see later positions. A network needs this to continue a text. The scores of
# :math:`T` positions are :math:`T^2` numbers, so long texts are expensive.
