r"""
02 · The chain rule on a graph
==============================

**Question.** A value is used *twice*. How much does the result change when that value changes?

On a chain, local derivatives are multiplied. On a graph there may be several ways from a value to
the result, and one word more is needed: *add*.
"""

# %%
# A diamond
# ---------
# Take :math:`x = 2` and compute :math:`a = x \cdot x` and :math:`b = 3 x`, then :math:`L = a + b`.
# The two ways from :math:`x` to :math:`L` make a diamond.

import tinygraph as tg

x = tg.Parameter(2.0, name="x")
a = tg.Multiply(x, x, name="a")
b = tg.Multiply(3.0, x, name="b")
model = tg.Graph(tg.Add(a, b, name="L"))
print("L =", model.forward())
tg.render(model)

# %%
# .. admonition:: Predict
#
#     Let :math:`x` grow by a tiny :math:`\varepsilon`. By how much does :math:`a` grow? By how much
#     does :math:`b`? And so :math:`L`?
#
# Why gradients add
# -----------------
# :math:`a` grows by :math:`2 x \varepsilon = 4 \varepsilon`, :math:`b` by :math:`3 \varepsilon`.
# Both growths arrive in :math:`L` *at the same time*, so it grows by :math:`7 \varepsilon`:
#
# .. math::
#
#     \frac{dL}{dx}
#       = \underbrace{\frac{\partial L}{\partial a} \frac{da}{dx}}_{\text{by way of } a}
#       + \underbrace{\frac{\partial L}{\partial b} \frac{db}{dx}}_{\text{by way of } b}
#       = 1 \cdot 4 + 1 \cdot 3 = 7 .
#
# That is the chain rule of several variables: *multiply along each way, add over the ways.*

model.backward()
print("dL/dx =", float(x.grad))
assert x.grad == 7.0

# %%
# Step through it and watch :math:`x` on the way back: what arrives there is added up.

tg.step_through(model)

# %%
# Look closely at :math:`a = x \cdot x`: one op reads the same node *twice*. Again there are two
# ways, one by each factor, each with the local derivative :math:`x`, and they add: :math:`x + x = 2
# x`. The rule for squares is the rule for products and the word "add".
#
# Nobody walks the ways one by one
# --------------------------------
# In a deep graph the number of ways explodes. Let every value be used twice by the next,
# :math:`x_{k+1} = x_k + x_k`: after 30 of these there are :math:`2^{30}`, about a billion, ways
# from the first to the last.
#
# ``backward`` does not care. It visits each *node* once, in reverse order; by then everybody who
# reads the node has left a contribution there, and the sum is complete. That is why the order
# matters, and why back-propagation costs about as much as the forward run.

deep = tg.Parameter(1.0, name="x0")
end = deep
for k in range(1, 31):
    end = tg.Add(end, end, name=f"x{k}")
chain = tg.Graph(end)
chain.forward()
chain.backward()
print(f"{len(chain.nodes)} nodes, {int(deep.grad):,} ways")
assert deep.grad == 2**30

# %%
# What the derivation says
# ------------------------
# tinygraph writes the chain rule down for any graph. Here each line is a node; a sum in a line
# means that the node has several readers.

tg.derive(model, "x")

# %%
# Exercise
# --------
# Change the last op: :math:`L = a \cdot b` with :math:`a = x \cdot x` and :math:`b = 3 x`. What is
# :math:`dL/dx` at :math:`x = 2`? Work it out on the graph, way by way.

from tinygraph import exercises

answer = None
print(exercises.check("02", answer))

# %%
# .. dropdown:: Solution
#
#     By way of :math:`a`: :math:`\partial L/\partial a = b = 6`, times :math:`da/dx = 4`, is 24. By
#     way of :math:`b`: :math:`\partial L/\partial b = a = 4`, times 3, is 12. (And indeed :math:`L
#     = 3 x^3` has the slope :math:`9 x^2 = 36`.)
#
#     .. code-block:: python
#
#         answer = 24 + 12
#
# What this leaves out
# --------------------
# All values here are scalars. With arrays nothing new happens, only more of it: an entry that is
# used by many entries of the result collects one contribution from each. :doc:`03_layer` shows
# where the transposes come from. Cycles are left out altogether: a graph has none, so an order
# always exists.
