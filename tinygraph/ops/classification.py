"""Classification: probabilities from logits, and the losses that compare them with classes.

A *logit* is the score of a class before the softmax. The losses take logits, because the
logarithm of a softmax can be computed without overflow and without a logarithm of 0.
"""

from __future__ import annotations

import numpy as np

from tinygraph.core.op import Comparison, Op, Rule
from tinygraph.validation.arrays import Array
from tinygraph.validation.shapes import Shape, fits


def softmax(x: Array) -> Array:
    """Return the softmax along the last axis.

    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    y: Array = e / np.sum(e, axis=-1, keepdims=True)
    return y


def log_softmax(x: Array) -> Array:
    """Return the logarithm of the softmax along the last axis.

    >>> log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    z = x - np.max(x, axis=-1, keepdims=True)
    y: Array = z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))
    return y


def softmax_slopes(y: Array) -> Array:
    """Return the matrix of all slopes ∂y_i/∂x_j of a softmax, from its values y."""
    column = np.expand_dims(y, -1)
    slopes: Array = column * np.eye(y.shape[-1]) - column * np.expand_dims(y, -2)
    return slopes


def one_hot(labels: Array, classes: int) -> Array:
    """Return an array with a new last axis that is 1 (True) at the label and 0 elsewhere.

    >>> one_hot(np.array([2, 0]), 3)
    array([[False, False,  True],
           [ True, False, False]])
    """
    y: Array = np.expand_dims(labels, -1) == np.arange(classes)
    return y


class Softmax(Op):
    r"""Probabilities from logits, along the last axis.

    **Formula.** :math:`y_i = \dfrac{e^{x_i}}{\sum_k e^{x_k}}`. All y are positive, and their sum
    is 1.

    **Gradient.** With :math:`s = \sum_k e^{x_k}`, the quotient rule gives

    .. math:: \frac{\partial y_i}{\partial x_j} = \frac{[i = j]\, e^{x_i} s - e^{x_i} e^{x_j}}{s^2}
              = y_i \left([i = j] - y_j\right) ,

    where :math:`[i = j]` is 1 if i = j, and 0 otherwise. Every :math:`x_j` affects all y of its
    row, so the contributions add up:

    .. math:: \frac{\partial L}{\partial x_j} = \sum_i g_i\, y_i \left([i = j] - y_j\right)
              = y_j \Bigl(g_j - \sum_i g_i y_i\Bigr) .

    **Shape check.** y, g and x have the same shape; the sum over i keeps its axis with size 1.

    The same number can be added to all x of a row without a change of y. So the largest x is
    subtracted first: then no exponential overflows.

    >>> Softmax.forward(None, np.array([0.0, 0.0, 900.0]))
    array([0., 0., 1.])
    """

    role = "activation"
    formula = r"\operatorname{softmax}(x)"
    code = "softmax(x)"
    rules = (
        Rule(
            r"y \odot \left(g - \sum_{i} g_{i} y_{i}\right)",
            "y * (g - np.sum(g * y, axis=-1, keepdims=True))",
            local="softmax_slopes(y)",
            why="x_j enters every y_i of its row, with the slope y_i([i = j] − y_j)",
        ),
    )

    def forward(self, x: Array) -> Array:
        return softmax(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        grad: Array = y * (g - np.sum(g * y, axis=-1, keepdims=True))
        return grad

    def infer_shape(self, x: Shape) -> Shape:
        return _with_classes(self, x)


class LogSoftmax(Op):
    r"""Logarithms of the probabilities, along the last axis.

    **Formula.** :math:`y_i = x_i - \ln \sum_k e^{x_k}`.

    **Gradient.** The derivative of the logarithm of the sum is :math:`e^{x_j} / \sum_k e^{x_k}`,
    the softmax, which is :math:`e^{y_j}`:

    .. math:: \frac{\partial y_i}{\partial x_j} = [i = j] - e^{y_j}
              \quad\Longrightarrow\quad
              \frac{\partial L}{\partial x_j} = g_j - e^{y_j} \sum_i g_i .

    **Shape check.** y, g and x have the same shape; the sum over i keeps its axis with size 1.

    >>> LogSoftmax.forward(None, np.array([0.0, 900.0]))
    array([-900.,    0.])
    """

    role = "activation"
    formula = r"\ln \operatorname{softmax}(x)"
    code = "log_softmax(x)"
    rules = (
        Rule(
            r"g - e^{y} \odot \sum_{i} g_{i}",
            "g - np.exp(y) * np.sum(g, axis=-1, keepdims=True)",
            local="np.eye(y.shape[-1]) - np.expand_dims(np.exp(y), -2)",
            why="x_j enters every y_i of its row, with the slope [i = j] − softmax_j",
        ),
    )

    def forward(self, x: Array) -> Array:
        return log_softmax(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        grad: Array = g - np.exp(y) * np.sum(g, axis=-1, keepdims=True)
        return grad

    def infer_shape(self, x: Shape) -> Shape:
        return _with_classes(self, x)


class CrossEntropy(Op):
    r"""Mean cross-entropy of logits and class labels, over the batch and all further axes.

    **Formula.** With p the softmax of the logits x along the last axis, and t the labels,

    .. math:: y = -\frac1n \sum_i \ln p_{i, t_i} ,

    where n is the number of labels. So y is small if every right class has a large probability.

    **Gradient.** Only :math:`\ln p_{i, t_i} = x_{i, t_i} - \ln \sum_k e^{x_{ik}}` depends on the
    logits of sample i. Its derivative with respect to :math:`x_{ij}` is
    :math:`[j = t_i] - p_{ij}`, so

    .. math:: \frac{\partial L}{\partial x_{ij}} = \frac{g}{n} \left(p_{ij} - [j = t_i]\right) :

    the predicted probability minus the target. No gradient flows to labels.

    **Shape check.** Logits (B, classes) and labels (B,); in stacks, logits (B, T, classes) and
    labels (B, T). p has the shape of the logits.

    The logits may be large: no exponential overflows, and no logarithm of 0 is taken.

    >>> logits, labels = np.array([[900.0, -900.0], [0.0, 0.0]]), np.array([0, 1])
    >>> round(float(CrossEntropy.forward(None, logits, labels)), 4)
    0.3466
    """

    role = "loss"
    compares = Comparison(labels="labels", are_logits=True, are_indices=True)
    formula = r"-\mathrm{mean}\, \ln \operatorname{softmax}(logits)_{labels}"
    code = (
        "np.sum(np.where(one_hot(labels, logits.shape[-1]), -log_softmax(logits), 0)) / labels.size"
    )
    rules = (
        Rule(
            r"\frac{g}{n} \left(\operatorname{softmax}(logits) - [labels]\right)",
            "g / labels.size * (softmax(logits) - one_hot(labels, logits.shape[-1]))",
            local="(softmax(logits) - one_hot(labels, logits.shape[-1])) / labels.size",
            why="the predicted probability minus the target, 1 at the label and 0 elsewhere",
        ),
        Rule("0", "np.zeros_like(labels)", local="0.0", why="a label has no slope"),
    )

    def forward(self, logits: Array, labels: Array) -> Array:
        # A product with the one-hot rows would be 0 · ∞ for a class with a logit of −∞.
        picked = np.where(one_hot(labels, logits.shape[-1]), -log_softmax(logits), 0)
        y: Array = np.sum(picked) / labels.size
        return y

    def backward(self, g: Array, y: Array, logits: Array, labels: Array) -> tuple[Array, None]:
        return g / labels.size * (softmax(logits) - one_hot(labels, logits.shape[-1])), None

    def infer_shape(self, logits: Shape, labels: Shape) -> Shape:
        _with_classes(self, logits)
        if not fits(labels, logits[:-1]):
            hint = ""
            if fits(labels, logits):
                hint = "labels are class numbers, not one-hot rows: use labels.argmax(axis=-1)"
            raise self.shape_error("logits (B, classes) and labels (B,)", hint)
        return ()

    def feed_ranges(self) -> dict[str, tuple[float, float]]:
        classes = self.inputs[0].shape[-1]
        return {} if classes is None else {"labels": (0, classes - 1)}

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(3, 5)), rng.permutation(5)[:3].astype(float)


class BinaryCrossEntropy(Op):
    r"""Mean cross-entropy of logits and targets between 0 and 1, for independent yes-or-no answers.

    **Formula.** With :math:`p = \sigma(x)` and the target t,

    .. math:: y = -\frac1n \sum_i \left(t_i \ln p_i + (1 - t_i) \ln (1 - p_i)\right)
              = \frac1n \sum_i \left(\max(x_i, 0) - x_i t_i + \ln(1 + e^{-|x_i|})\right) .

    The second form has no large exponential and no logarithm of 0.

    **Gradient.** With :math:`\ln p = -\ln(1 + e^{-x})` and :math:`\ln(1 - p) = -x - \ln(1 +
    e^{-x})`, one term is :math:`\ln(1 + e^{-x}) + (1 - t)\, x`. Its derivative is :math:`-(1 - p)
    + 1 - t = p - t`:

    .. math:: \frac{\partial L}{\partial x_i} = \frac{g}{n} (p_i - t_i), \qquad
              \frac{\partial L}{\partial t_i} = -\frac{g}{n}\, x_i .

    **Shape check.** Logits and targets have the same shape, and so have their gradients.

    >>> x, t = np.array([900.0, -900.0, 0.0]), np.array([1.0, 0.0, 1.0])
    >>> round(float(BinaryCrossEntropy.forward(None, x, t)), 4)
    0.231
    """

    role = "loss"
    compares = Comparison(labels="targets", are_logits=True)
    formula = r"-\mathrm{mean}\,(t \ln \sigma(x) + (1 - t) \ln(1 - \sigma(x)))"
    code = "np.mean(np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits))))"
    rules = (
        Rule(
            r"\frac{g}{n} \left(\sigma(logits) - targets\right)",
            "g / targets.size * (probability(logits) - targets)",
            local="(probability(logits) - targets) / targets.size",
            why="the predicted probability minus the target",
        ),
        Rule(
            r"-\frac{g}{n}\, logits",
            "-g / targets.size * logits",
            local="-logits / targets.size",
            why="a target t_i enters as −x_i t_i",
        ),
    )

    def forward(self, logits: Array, targets: Array) -> Array:
        terms = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
        y: Array = np.mean(terms)  # type: ignore[assignment]
        return y

    def backward(self, g: Array, y: Array, logits: Array, targets: Array) -> tuple[Array, Array]:
        p = probability(logits)
        return g / targets.size * (p - targets), -g / targets.size * logits

    def infer_shape(self, logits: Shape, targets: Shape) -> Shape:
        if not fits(logits, targets):
            raise self.shape_error("logits and targets of the same shape")
        return ()

    def feed_ranges(self) -> dict[str, tuple[float, float]]:
        return {"targets": (0.0, 1.0)}

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(3, 4)), rng.uniform(0.1, 0.9, size=(3, 4))


def probability(logits: Array) -> Array:
    """Return σ(logits) to full precision: no exponential overflows, and nothing cancels.

    >>> probability(np.array([-900.0, -40.0, 0.0, 900.0]))
    array([0.00000000e+00, 4.24835426e-18, 5.00000000e-01, 1.00000000e+00])
    """
    e = np.exp(-np.abs(logits))
    p: Array = np.where(logits > 0, 1, e) / (1 + e)
    return p


def _with_classes(op: Op, shape: Shape) -> Shape:
    """Return the shape of logits; raise if they have no axis of classes."""
    if not shape or shape[-1] is None:
        raise op.shape_error("logits whose last axis counts the classes, such as (B, 10)")
    return shape
