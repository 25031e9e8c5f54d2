"""The exercises about classes, images and sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Input, Parameter
from tinygraph.exercises.verdict import Verdict, judge
from tinygraph.layers import conv2d
from tinygraph.ops import CrossEntropy, Softmax, Tanh


def gradient_of_the_logits(answer: Any) -> Verdict:
    """17: the gradient of one sample's logits, p = (0.7, 0.2, 0.1), label 1, in a batch of four."""
    p, label, batch = np.array([0.7, 0.2, 0.1]), 1, 4
    logits = Input("logits", shape=(None, 3))
    loss = CrossEntropy(logits, Input("labels", shape=(None,), dtype=int))
    model = Graph(loss)
    model.forward(logits=np.log([p] * batch), labels=[label] * batch)
    model.backward()
    right = np.asarray(logits.grad)[0]
    target = np.eye(3)[label]
    return judge(
        answer,
        right,
        {
            "this is the gradient of the sum over the batch. The loss is a mean": right * batch,
            "a gradient points uphill. This is the direction of the step": -right,
            "classes are counted from 0": (p - np.eye(3)[label - 1]) / batch,
            "this is the gradient with respect to the probabilities, not to the logits": -target
            / p
            / batch,
            "these are the probabilities. Subtract the target": p / batch,
            "these are the probabilities": p,
        },
        hint="Each element is a probability minus its target, divided by the batch size.",
    )


def steps_of_ten_epochs(answer: Any) -> Verdict:
    """18: the steps of 10 epochs over 1,400 images in batches of 32."""
    images, size, epochs = 1400, 32, 10
    batches = len(range(0, images, size))
    return judge(
        answer,
        epochs * batches,
        {
            "this leaves out the last batch of each epoch, which is shorter": epochs
            * (images // size),
            "the number of steps is a whole number. A shorter batch also gives one step": epochs
            * images
            / size,
            "this is the number of steps in one epoch": batches,
            "this is the number of images seen": epochs * images,
            "this is one step per epoch, as for the full batch": epochs,
        },
        hint="How many batches does one epoch have? The last one may be shorter.",
        rtol=1e-6,
    )


def scale_of_a_relu_layer(answer: Any) -> Verdict:
    """19: the standard deviation of the weights of a ReLU layer with 200 inputs."""
    inputs = 200
    variance = 2 / inputs
    return judge(
        answer,
        variance**0.5,
        {
            "this is the variance. The standard deviation is its root": variance,
            "a ReLU sets half of its inputs to 0. Compensate for this": (1 / inputs) ** 0.5,
            "a ReLU halves the mean square. Double the variance, not the standard deviation": 2
            / inputs**0.5,
            "with this scale, the values shrink in every layer": 1 / inputs,
        },
        hint="The mean square of the values is multiplied by n · s² in the linear op, and by ½ in "
        "the ReLU.",
        rtol=0.01,
    )


def values_of_dropout(answer: Any) -> Verdict:
    """20: the two values of an element 3 in training, with the dropout rate 0.2."""
    value, p = 3.0, 0.2
    kept = value / (1 - p)
    if isinstance(answer, (list, tuple)) and len(answer) == 2 and answer[1] in (0, "0"):
        answer = answer[::-1]
    return judge(
        answer,
        [0.0, kept],
        {
            "the kept value is scaled, so that the mean stays the same": [0.0, value],
            "the kept value must become larger, not smaller": [0.0, value * (1 - p)],
            "p is the fraction of elements that are set to 0, not of those that are kept": [
                0.0,
                value / p,
            ],
        },
        hint="With the probability p the element becomes 0. Which other value gives the mean 3?",
    )


def parameters_of_a_convolution(answer: Any) -> Verdict:
    """21: the parameters of 6 kernels of 5 × 5 on images 28 × 28 with 3 channels."""
    pixels, channels, kernels, size = 28, 3, 6, 5
    x = Input("x", shape=(None, channels, pixels, pixels))
    layer = Graph(conv2d(x, kernels, name="conv", size=size))
    out = pixels - size + 1
    count = sum(parameter.value.size for parameter in layer.parameters)
    return judge(
        answer,
        count,
        {
            "each kernel has a bias, too": kernels * channels * size**2,
            "each kernel reads all channels of the image": kernels * (size**2 + 1),
            "a kernel has one bias, not one for each channel of the image": kernels
            * channels
            * (size**2 + 1),
            "all places of the image share the weights of a kernel": count * out**2,
            "this is the size of the output": kernels * out**2,
        },
        hint="How many weights does one kernel have? It covers 5 × 5 pixels of every channel.",
        rtol=1e-6,
    )


def output_of_attention(answer: Any) -> Verdict:
    """22: the output for the scores 0 and ln 3 and the values 2 and 6."""
    scores, values = np.array([[0.0, np.log(3.0)]]), np.array([2.0, 6.0])
    weights = Graph(Softmax(scores)).forward()[0]
    return judge(
        answer,
        weights @ values,
        {
            "the larger score must get the larger weight": weights[::-1] @ values,
            "the weights are not equal. The second one is three times the first": values.mean(),
            "divide by the sum of the exponentials: the weights must add up to 1": np.exp(scores[0])
            @ values,
            "the scores are not the weights. Apply the softmax first": scores[0] @ values,
            "the softmax takes a weighted mean. It does not choose the largest": values.max(),
        },
        hint="Compute exp(0) and exp(ln 3), and divide both by their sum.",
    )


def gradient_of_a_residual(answer: Any) -> Verdict:
    """23: the gradient of x in y = x + 3 tanh(x / 2) at x = 0, for ∂L/∂y = 2."""
    seed = 2.0
    x = Parameter(0.0, name="x")
    model = Graph(x + 3.0 * Tanh(x / 2.0))
    model.forward()
    model.backward(seed=seed)
    right = float(np.asarray(x.grad))
    slope = right / seed - 1
    return judge(
        answer,
        right,
        {
            "this is the gradient through f. The other path leads directly to x": seed * slope,
            "this is the gradient along the direct path. Another path leads through f": seed,
            "multiply by the gradient of y": 1 + slope,
            "the slope of tanh(x / 2) at 0 is not 1. Differentiate x / 2, too": seed
            * (1 + 2 * slope),
            "the contributions of two paths are added, not multiplied": seed * seed * slope,
        },
        hint="Two paths lead from x to y. What does each of them contribute?",
    )
