r"""
14 · Build the engine yourself
==============================

**Question.** What is the least that a program must have to differentiate any graph of ops?

We grow a tinygraph in under 100 lines, node by node, and at the end train the lab's network with it
beside the real one: the same numbers, to the last bit or nearly so.
"""

# %%
# A node remembers where it came from
# -----------------------------------
# A value that is computed the ordinary way forgets its past: of ``6.0`` nobody can tell whether it
# was ``2 * 3`` or ``1 + 5``. A *node* keeps its inputs. That memory is the graph.

import numpy as np


class Node:
    def __init__(self, *inputs):
        self.inputs = inputs
        self.value = None
        self.grad = None


class Leaf(Node):
    def __init__(self, value):
        super().__init__()
        self.value = np.asarray(value, dtype=float)


# %%
# An op knows two things
# ----------------------
# How its value follows from its inputs' values, and how its inputs' gradients follow from its own.


class MatMul(Node):
    def forward(self, x, W):
        return x @ W

    def backward(self, g, y, x, W):
        return g @ W.T, x.T @ g


class AddBias(Node):
    def forward(self, x, b):
        return x + b

    def backward(self, g, y, x, b):
        return g, g.sum(axis=0)


class Sigmoid(Node):
    def forward(self, x):
        return 1 / (1 + np.exp(-x))

    def backward(self, g, y, x):
        return (g * y * (1 - y),)


class MSE(Node):
    def forward(self, p, t):
        return np.mean((p - t) ** 2)

    def backward(self, g, y, p, t):
        slope = g * 2 / p.size * (p - t)
        return slope, -slope


# %%
# An order
# --------
# A node can be computed once its inputs are. Walking from the output towards the inputs and writing
# a node down when all its inputs are written gives such an order. We keep our own stack, since a
# recursive function would stop at a depth of about a thousand.


def topological_order(output):
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        node, inputs_are_done = stack.pop()
        if inputs_are_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((each, False) for each in node.inputs)
    return order


# %%
# Forward, backward
# -----------------
# .. admonition:: Predict
#
#     In ``backward`` below, what goes wrong if ``+=`` is replaced by ``=``? For which graphs? And
#     what if the first loop, which clears the gradients, is left out?


class Graph:
    def __init__(self, output):
        self.nodes = topological_order(output)
        self.output = output

    def forward(self):
        for node in self.nodes:
            if node.inputs:
                node.value = node.forward(*(each.value for each in node.inputs))
        return float(self.output.value)

    def backward(self):
        for node in self.nodes:
            node.grad = np.zeros_like(node.value)
        self.output.grad = np.ones_like(self.output.value)
        for node in reversed(self.nodes):
            if node.inputs:
                values = [each.value for each in node.inputs]
                for each, grad in zip(
                    node.inputs, node.backward(node.grad, node.value, *values), strict=True
                ):
                    each.grad = each.grad + grad


# %%
# (We wrote ``each.grad = each.grad + grad``, a new array, rather than ``each.grad += grad``, in
# place: two nodes may have been given *one* array by an op that returns ``g`` itself, such as
# ``AddBias``, and a change in place of the one would change the other behind its back.)
#
# The lab's network on our engine
# -------------------------------

import tinygraph as tg

X, T = tg.data.xor()
real = tg.lab2.model(rng=0)
ours = {parameter.name: Leaf(parameter.value) for parameter in real.parameters}

h = Leaf(X)
for k in (1, 2, 3):
    h = Sigmoid(AddBias(MatMul(h, ours[f"layer{k}/W"]), ours[f"layer{k}/b"]))
engine = Graph(MSE(h, Leaf(T)))

print("ours:", engine.forward())
print("real:", real.forward(x=X, t=T))
engine.backward()
real.backward()
for name, leaf in ours.items():
    difference = np.abs(leaf.grad - real[name].grad).max()
    print(f"{name}  largest difference {difference:.1e}")
    assert difference < 1e-12

# %%
# And 500 steps of training:

optimizer = tg.SGD(real.parameters, lr=1.0)
for _ in range(500):
    engine.forward()
    engine.backward()
    for leaf in ours.values():
        leaf.value = leaf.value - 1.0 * leaf.grad
    real.forward(x=X, t=T)
    real.backward()
    optimizer.step()
print("ours:", engine.forward())
print("real:", real.forward(x=X, t=T))
assert np.isclose(engine.forward(), real.forward(x=X, t=T), rtol=1e-9)

# %%
# The graph that both of them walked:

tg.render(real)

# %%
# Exercise
# --------
# Write the class of one more op for this engine, ``Multiply``, entry by entry, for two inputs of
# the same shape. The check uses it in a graph where *both inputs are the same node*. The answer is
# the class (``class Multiply(Node): …``).

from tinygraph import exercises

answer = None
print(exercises.check("14", answer))

# %%
# .. dropdown:: Solution
#
#     The engine adds up the two contributions by itself; the op need not know.
#
#     .. code-block:: python
#
#         class Multiply(Node):
#             def forward(self, a, b):
#                 return a * b
#
#             def backward(self, g, y, a, b):
#                 return g * b, g * a
#
#         answer = Multiply
#
# What this leaves out
# --------------------
# What the real one has beyond this is mostly about *you*: names, so that a node can be asked for;
# shapes that are known before any number arrives; errors that explain themselves; a batch size that
# may change; float32; checks that an op keeps its promises; and no memory shared by accident. Read
# ``tinygraph/graph.py`` next: you know its plan already.
