r"""
12 · Write your own op
======================

**Question.** What must tinygraph know about a function in order to draw, differentiate, check,
train and compile it?"""

# %%
# .. admonition:: Remember
#
#     From :doc:`11_check_your_gradients`: ``gradcheck`` finds no mistake in your op. What can still
#     be wrong?
#
# .. dropdown:: Answer
#
#     ``forward`` may compute a different function from the one that you wanted. Also, the op may be
#     wrong at inputs that were not checked.
#
# Two methods
# -----------
# ``forward`` computes the value. ``backward`` turns the incoming gradient :math:`g` into the
# gradients of the inputs. tinygraph *needs* nothing more. Our example is softplus, :math:`y = \ln(1
# + e^x)`, which looks like a ReLU without the corner at 0.
#
# .. admonition:: Predict
#
#     Differentiate softplus with pencil and paper. You know the slope under another name. Which
#     one?

import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show


class Softplus(tg.Op):
    """A smooth ReLU: ln(1 + e^x)."""

    def forward(self, x):
        return np.logaddexp(0, x)

    def backward(self, g, y, x):
        return g * np.exp(x - y)


x = tg.Input("x", shape=(None, 2))
W = tg.Parameter(np.array([[1.0, -1.0, 0.5], [0.5, 2.0, 1.0]]), name="W")
model = tg.Graph(tg.Sum(Softplus(tg.MatMul(x, W, name="z"), name="h"), name="L"))
model.forward(x=[[1.0, 2.0], [-1.0, 0.0]])
model.backward()
print("gradient of W:")
print(W.grad)

# %%
# (``np.logaddexp(0, x)`` is :math:`\ln(e^0 + e^x)`, but it does not overflow at :math:`x = 1000`.
# ``np.exp(x - y)`` does not overflow either. It is :math:`e^x / (1 + e^x)`, because :math:`e^y = 1
# + e^x`.)
#
# Never trust a derivative
# ------------------------
# ``gradcheck`` compares the derivative of every op with numbers, and names the first wrong one.

print(tg.gradcheck(model, x=[[1.0, 2.0], [-1.0, 0.0]]))

# %%
# **Your prediction.** The slope is :math:`\dfrac{e^x}{1 + e^x} = \dfrac{1}{1 + e^{-x}}`: the
# *sigmoid*. Here is a test with numbers:

numbers = np.array([-2.0, 0.0, 2.0])
slope = Softplus(tg.Parameter(numbers)).backward(1.0, np.logaddexp(0, numbers), numbers)
print("slope of softplus:", slope.round(4))
print("sigmoid:          ", tg.Sigmoid(tg.Parameter(numbers)).forward(numbers).round(4))

# %%
# An op that explains itself
# --------------------------
# Diagrams, steppers and derivations can explain your op in its own words. For this, give it its
# ``formula``, its ``code`` and one ``Rule`` per argument. A ``role`` gives it a colour. The op also
# works without them.


class Softplus(tg.Op):
    """A smooth ReLU: ln(1 + e^x), whose slope is the sigmoid."""

    role = "activation"
    formula = r"\ln(1 + e^{x})"
    code = "np.logaddexp(0, x)"
    rules = (
        tg.Rule(
            r"g \odot \sigma(x)",
            "g * np.exp(x - y)",
            local="np.exp(x - y)",
            why="the slope of ln(1 + e^x) is e^x / (1 + e^x), the sigmoid",
        ),
    )

    def forward(self, x):
        return np.logaddexp(0, x)

    def backward(self, g, y, x):
        return g * np.exp(x - y)


model = tg.Graph(tg.Sum(Softplus(tg.MatMul(x, W, name="z"), name="h"), name="L"))
show(tg.render(model))

# %%
show(tg.derive(model, "W"))

# %%
# Two arguments, a hyperparameter, a shape
# ----------------------------------------
# A hyperparameter is a keyword argument. A class attribute gives its default. An op with several
# arguments returns one gradient per argument, in the same order. An op that does not work element
# by element must say which shape it returns. Then tinygraph can refuse a wrong shape before the
# graph runs.


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
report = tg.gradcheck(tg.Graph(tg.Sum(d)), x=[[0.0, 1.0], [3.0, 2.0]])
print("derivative right:", report.ok)

try:
    Distance(x, tg.Parameter(np.zeros(3), name="c3"), name="d")
except tg.TinygraphError as error:
    print(error)

# %%
# **The answer to the question.** ``forward`` and ``backward`` are enough to differentiate, check,
# train and compile. ``infer_shape`` is needed if the result can have another shape than the inputs.
# ``formula``, ``code``, ``rules`` and ``role`` are only for the reader.
#
# Exercise
# --------
# Write the class of a *leaky* ReLU: :math:`y = x` where :math:`x > 0`, and :math:`y = \text{slope}
# \cdot x` elsewhere. ``slope`` is a hyperparameter with the default 0.1. The answer is the class
# itself.

answer = None
show(check("12", answer))

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
# An op of the *package* also has an ``example``, and all tests of ops use it. The docstring of the
# op contains the derivation. :doc:`/reference/architecture` says where each part belongs.
