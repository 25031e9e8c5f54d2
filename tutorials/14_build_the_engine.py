r"""
14 · Build the engine yourself
==============================

**Question.** How small can a program be that differentiates any graph of ops?

We build a small tinygraph in fewer than 100 lines, step by step. At the end we train the lab's
network with it, next to the real one. Both give the same numbers, to within rounding.
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`02_chain_rule`: why does ``backward`` visit the nodes in reverse order?
#
# .. dropdown:: Answer
#
#     When it visits a node, every op that uses the node has already added its contribution. So the
#     gradient of the node is complete.
#
# A node remembers where it came from
# -----------------------------------
# A normal number forgets its past: you cannot see whether ``6.0`` was ``2 * 3`` or ``1 + 5``. A
# *node* keeps its inputs. These references form the graph.

import numpy as np

from tinygraph.exercises import check, show


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
# It knows how to compute its value from its inputs. It also knows how to compute the gradients of
# its inputs from its own gradient.


class Add(Node):
    def forward(self, a, b):
        return a + b

    def backward(self, g, y, a, b):
        return g, g


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
# A node can be computed after all its inputs. Start at the output and go towards the inputs. Write
# a node down after all its inputs are written down. This gives a *topological order*. We use our
# own stack, because a recursive function would stop at a depth of about a thousand.


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
# The engine itself needs only a few short methods:


class Graph:
    def __init__(self, output):
        self.nodes = topological_order(output)
        self.output = output

    def forward(self):
        for node in self.nodes:
            if node.inputs:
                node.value = node.forward(*(each.value for each in node.inputs))
        return float(self.output.value)

    def clear(self):
        for node in self.nodes:
            node.grad = np.zeros_like(node.value)

    def add(self, node, grad):
        node.grad = node.grad + grad

    def backward(self):
        self.clear()
        self.output.grad = np.ones_like(self.output.value)
        for node in reversed(self.nodes):
            if node.inputs:
                values = [each.value for each in node.inputs]
                grads = node.backward(node.grad, node.value, *values)
                for each, grad in zip(node.inputs, grads, strict=True):
                    self.add(each, grad)


# %%
# (``add`` creates a new array. The shorter ``node.grad += grad`` would change the old array in
# place. But ``AddBias`` returns ``g`` itself, so two nodes may share one array. A change of one
# gradient would then change the other.)
#
# .. admonition:: Predict
#
#     Take :math:`y = x + x`, so :math:`dy/dx = 2`. Which gradient do you get if ``add`` *replaces*
#     the old gradient (``=`` instead of ``+=``)? Which gradient do you get from a *second*
#     ``backward`` if ``clear`` does nothing? For which graphs would you not notice the first
#     mistake?


class Replacing(Graph):
    def add(self, node, grad):
        node.grad = grad


class NeverCleared(Graph):
    def clear(self):
        for node in self.nodes:
            if node.grad is None:
                node.grad = np.zeros_like(node.value)


for engine_class in (Graph, Replacing, NeverCleared):
    x = Leaf(3.0)
    engine = engine_class(Add(x, x))
    engine.forward()
    engine.backward()
    first = float(x.grad)
    engine.backward()
    print(f"{engine_class.__name__:12}  first: {first:g}, second: {float(x.grad):g}")

# %%
# **Your prediction.** The numbers are :math:`dy/dx` after each ``backward``. ``Replacing`` gives 1,
# because the second path overwrites the first one. ``NeverCleared`` gives 2 at first, but then 4:
# the new gradients are added to the old ones.
#
# You do not notice ``Replacing`` in a graph in which every node is used once. The lab's network is
# such a graph! So a test of an engine needs a node that is used twice.
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
# Now train both for 500 steps:

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
# Both engines visited this graph. It is folded, with one card per layer:

show(tg.render(real, depth=0))

# %%
# **The answer to the question.** The engine is about 50 lines: a node that keeps its inputs, an
# order, ``forward`` and ``backward``. Each op adds two methods.
#
# Exercise
# --------
# Write one more op for this engine: ``Multiply``, element by element, for two inputs of the same
# shape. The answer is the class (``class Multiply(Node): …``). Then test it in a graph in which
# *both inputs are the same node*. What should the gradient be?

answer = None
show(check("14", answer))

# %%
# .. dropdown:: Solution
#
#     The engine adds the two contributions, so the op does not have to know whether its inputs are
#     the same node. For :math:`x \cdot x`, the gradient is :math:`2 x`.
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
# The real engine has more features, and most of them help *you*. Nodes have names. Shapes are known
# before the graph runs. Error messages explain the mistake, and the batch size may change. The real
# engine also supports float32, checks the results of every op, and never shares memory by accident.
# Read ``tinygraph/core/graph.py`` next: you already know its structure.
