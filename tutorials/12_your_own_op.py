r"""
12 · Write your own op
======================

**Question.** What does tinygraph have to know about a function so that it can be drawn,
differentiated, checked, trained and compiled?
"""

# %%
# Two methods
# -----------
# ``forward`` computes the value; ``backward`` says what becomes of a gradient :math:`g` that
# arrives. That is all that is *needed*. Here is softplus, :math:`y = \ln(1 + e^x)`, a ReLU without
# a kink.
#
# .. admonition:: Predict
#
#     Differentiate it: :math:`\dfrac{dy}{dx} = \dfrac{e^x}{1 + e^x}`. You know this function under
#     another name. Which?

import numpy as np

import tinygraph as tg


class Softplus(tg.Op):
    """A ReLU without a kink: ln(1 + e^x), whose slope is the sigmoid."""

    def forward(self, x):
        return np.logaddexp(0, x)

    def backward(self, g, y, x):
        return g * tg.Sigmoid.forward(self, x)


x = tg.Input("x", shape=(None, 2))
W = tg.Parameter(np.array([[1.0, -1.0, 0.5], [0.5, 2.0, 1.0]]), name="W")
model = tg.Graph(tg.Sum(Softplus(tg.MatMul(x, W, name="z"), name="h"), name="L"))
model.forward(x=[[1.0, 2.0], [-1.0, 0.0]])
model.backward()
print(W.grad)

# %%
# (``np.logaddexp(0, x)`` is :math:`\ln(e^0 + e^x)`, computed so that :math:`x = 1000` does not
# overflow.)
#
# Never believe a derivative
# --------------------------
# ``gradcheck`` holds every op's derivative against numbers, and names the first that is wrong.

print(tg.gradcheck(model, x=[[1.0, 2.0], [-1.0, 0.0]]))

# %%
# What it shows to a reader
# -------------------------
# Three more lines, none of them needed to compute, let diagrams, steppers and derivations speak
# about the op in its own words: its ``formula``, its ``code``, and one ``Rule`` for every argument.
# And a ``role`` gives it its colour.


class Softplus(tg.Op):
    """A ReLU without a kink: ln(1 + e^x), whose slope is the sigmoid."""

    role = "activation"
    formula = r"\ln(1 + e^{x})"
    code = "np.logaddexp(0, x)"
    rules = (
        tg.Rule(
            r"g \odot \sigma(x)",
            "g / (1 + np.exp(-x))",
            local="1 / (1 + np.exp(-x))",
            why="the slope of ln(1 + e^x) is e^x / (1 + e^x), the sigmoid",
        ),
    )

    def forward(self, x):
        return np.logaddexp(0, x)

    def backward(self, g, y, x):
        return g / (1 + np.exp(-x))


model = tg.Graph(tg.Sum(Softplus(tg.MatMul(x, W, name="z"), name="h"), name="L"))
tg.render(model)

# %%
tg.derive(model, "W")

# %%
# Two arguments, a hyperparameter, a shape
# ----------------------------------------
# A hyperparameter is a keyword; a class attribute gives its default. An op with several arguments
# returns one gradient for each, in order. And an op that does not work entry by entry says which
# shape it makes, so that what does not fit is refused before any number arrives.


class Distance(tg.Op):
    """Squared distance of every row of p from the point c, times a scale."""

    scale: float = 1.0

    def forward(self, p, c):
        return self.scale * ((p - c) ** 2).sum(axis=1)

    def backward(self, g, y, p, c):
        slope = self.scale * 2 * (p - c) * g[:, None]
        return slope, -slope.sum(axis=0)

    def infer_shape(self, p, c):
        if len(p) != 2 or c != p[1:]:
            raise self.shape_error("points (B, n) and a centre (n,)")
        return p[:1]


c = tg.Parameter([0.5, 0.5], name="c")
d = Distance(x, c, scale=0.1, name="d")
print(d)
print("derivative right:", tg.gradcheck(tg.Graph(tg.Sum(d)), x=[[0.0, 1.0], [3.0, 2.0]]).ok)

try:
    Distance(x, tg.Parameter(np.zeros(3), name="c3"), name="d")
except tg.TinygraphError as error:
    print(error)

# %%
# Exercise
# --------
# Write the class of a *leaky* ReLU, with a hyperparameter ``slope`` that is 0.1 unless told:
# :math:`y = x` where :math:`x > 0`, and :math:`y = \text{slope} \cdot x` elsewhere. The answer is
# the class itself.

from tinygraph import exercises

answer = None
print(exercises.check("12", answer))

# %%
# .. dropdown:: Solution
#
#     .. code-block:: python
#
#         class LeakyReLU(tg.Op):
#             slope: float = 0.1
#
#             def forward(self, x):
#                 return np.where(x > 0, x, self.slope * x)
#
#             def backward(self, g, y, x):
#                 return g * np.where(x > 0, 1.0, self.slope)
#
#         answer = LeakyReLU
#
# What this leaves out
# --------------------
# An op of the *package* also gives an ``example``, which enters it into every test, and a docstring
# that derives its derivative. :doc:`/reference/architecture` says where things go.
