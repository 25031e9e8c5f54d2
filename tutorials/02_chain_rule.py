r"""
02 · The chain rule on a graph
==============================

**Question.** A value is used *twice*. How much does the result change when this value changes?

On a chain, you multiply the local derivatives. On a graph, a value may reach the result along
several paths. Then you need one more rule: *add* the contributions of all paths.
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`01_one_neuron`: what does the local derivative of a step tell you?
#
# .. dropdown:: Answer
#
#     It tells you how much the output of the step increases, compared with a small increase of its
#     input.
#
# A diamond
# ---------
# Take :math:`x = 2`. Compute :math:`a = x \cdot x` and :math:`b = 3 x`, then :math:`L = a + b`. The
# two paths from :math:`x` to :math:`L` form a diamond.

import tinygraph as tg
from tinygraph.exercises import check, show

x = tg.Parameter(2.0, name="x")
a = tg.Multiply(x, x, name="a")
b = tg.Multiply(3.0, x, name="b")
model = tg.Graph(tg.Add(a, b, name="L"))
print("L =", model.forward())
show(tg.render(model))

# %%
# .. admonition:: Predict
#
#     Increase :math:`x` by a tiny :math:`\varepsilon`. By how much does :math:`a` increase? And
#     :math:`b`? And :math:`L`? Write down three multiples of :math:`\varepsilon`.

epsilon = 1e-6
before = [float(node.value) for node in (a, b, model.output)]
x.value = 2.0 + epsilon
model.forward()
after = [float(node.value) for node in (a, b, model.output)]
x.value = 2.0
for name, old, new in zip(["a", "b", "L"], before, after, strict=True):
    print(f"{name} increases by {(new - old) / epsilon:.3f} ε")

# %%
# Why gradients add
# -----------------
# **Your prediction.** :math:`a` increases by :math:`2 x \varepsilon = 4 \varepsilon`, and :math:`b`
# increases by :math:`3 \varepsilon`. Both increases reach :math:`L` *at the same time*, so
# :math:`L` increases by :math:`7 \varepsilon`:
#
# .. math::
#
#     \frac{dL}{dx}
#       = \underbrace{\frac{\partial L}{\partial a} \frac{da}{dx}}_{\text{path through } a}
#       + \underbrace{\frac{\partial L}{\partial b} \frac{db}{dx}}_{\text{path through } b}
#       = 1 \cdot 4 + 1 \cdot 3 = 7 .
#
# This is the chain rule for several variables: *multiply along each path, then add the paths.*

model.forward()
model.backward()
print("dL/dx =", float(x.grad))
assert x.grad == 7.0

# %%
# Step through the run and watch the gradient of :math:`x`. The contributions are added there.

show(tg.step_through(model))

# %%
# Look closely at :math:`a = x \cdot x`: one op uses the same node *twice*. Again there are two
# paths, one through each factor. Each has the local derivative :math:`x`, and :math:`x + x = 2 x`.
# So the derivative of a square follows from the rule "add the paths".
#
# You do not have to follow every path
# ------------------------------------
# A deep graph can have an enormous number of paths. Suppose that each value is used twice by the
# next one, :math:`x_{k+1} = x_k + x_k`. After 30 such steps there are :math:`2^{30}` paths from the
# first node to the last. That is about a billion.
#
# ``backward`` does not follow paths. It visits each *node* once, in reverse order. By that time,
# every op that uses the node has added its contribution, so the sum is complete. This is why the
# order matters. It is also why the backward pass is cheap. It typically costs 2 to 3 times as much
# as the forward pass, however many paths there are.

deep = tg.Parameter(1.0, name="x0")
end = deep
for k in range(1, 31):
    end = tg.Add(end, end, name=f"x{k}")
chain = tg.Graph(end)
chain.forward()
chain.backward()
print(f"{len(chain.nodes)} nodes, {int(deep.grad):,} paths")
assert deep.grad == 2**30

# %%
# The derivation
# --------------
# tinygraph can write down the chain rule for any graph. Each line belongs to one node. If a line
# contains a sum, several ops use this node, or one op uses it several times.

show(tg.derive(model, "x"))

# %%
# **The answer to the question.** The result changes by the sum over all paths. When a value is used
# twice, its gradient has two contributions, and they are added.
#
# Exercise
# --------
# Change the last op and one branch: :math:`L = a \cdot b`, with :math:`a = x \cdot x` and :math:`b
# = x + 1`. What is :math:`dL/dx` at :math:`x = 3`? Compute one path after the other.

answer = None
show(check("02", answer))

# %%
# .. dropdown:: Solution
#
#     Here :math:`a = 9` and :math:`b = 4`. The path through :math:`a` gives :math:`\partial
#     L/\partial a = b = 4`, times :math:`da/dx = 2 x = 6`, which is 24. The path through :math:`b`
#     gives :math:`\partial L/\partial b = a = 9`, times :math:`db/dx = 1`, which is 9. (Check:
#     :math:`L = x^3 + x^2` has the slope :math:`3 x^2 + 2 x = 33`.)
#
#     .. code-block:: python
#
#         answer = 24 + 9
#
# What this leaves out
# --------------------
# All values on this page are scalars. The rule for arrays is the same: an element receives one
# contribution from each later element that depends on it. :doc:`03_layer` shows where the
# transposes come from. A graph of ops has no cycles, so an order for the backward pass always
# exists.
