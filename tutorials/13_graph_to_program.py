r"""
13 · From graph to program
==========================

**Question.** Where does the time of a small network go? And what can you do about it when you know
the whole network as a graph?"""

# %%
# .. admonition:: Remember
#
#     From :doc:`06_lab2`: what happens in one training step, in which order?
#
# .. dropdown:: Answer
#
#     ``forward`` computes all values, then ``backward`` computes all gradients. Then the optimizer
#     updates all parameters.
#
# Most of the time is not arithmetic
# ----------------------------------
# The lab's network has 37 numbers in its parameters. One step on 21 points takes a few thousand
# multiplications. A processor needs a microsecond or two for them. Let us measure a whole step.

import time

import numpy as np

import tinygraph as tg
from tinygraph.exercises import check, show

X, T = tg.data.xor()
model = tg.lab2.model(rng=0)
optimizer = tg.SGD(model.parameters, lr=1.0)


def microseconds_per_step(step, steps=300):
    """Return the best of five rounds. Other programs may have disturbed the other rounds."""
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(steps):
            step()
        rounds.append((time.perf_counter() - start) / steps * 1e6)
    return min(rounds)


def interpreted():
    model.forward(x=X, t=T)
    model.backward()
    optimizer.step()


slow = microseconds_per_step(interpreted)
print(f"interpreted: {slow:.0f} µs per step")

# %%
# Nearly all of this time is Python. It looks up nodes, calls methods and checks shapes. NumPy also
# needs time to prepare each call, and our arrays are tiny.
#
# .. admonition:: Predict
#
#     Suppose that you know the network in advance. You write one training step by hand in plain
#     NumPy, with one operation per line. How many lines do you need? Count the forward pass, the
#     backward pass and the update.
#
# The program that you would write
# --------------------------------
# ``tg.compile`` calls the ``forward`` and ``backward`` of every op *once*, with arrays that record
# each operation. The record is a straight list of array operations. You can print it, with the
# graph's own names:

program = tg.compile(model, optimizer=optimizer)
print(program.source)

# %%
# We let Python count the assignments in each part:

total = 0
for part in program.source.split("    # ")[-3:]:
    title, *lines = part.splitlines()
    count = sum(" = " in line for line in lines)
    print(f"{title}: {count} lines")
    total += count
assert 25 < total < 35

# %%
# **Your prediction.** You need about 30 lines. The backward pass has about as many lines as the
# forward pass. The program does not contain the graph: it has no nodes, no loops and no method
# calls. Compare it with a part of the graph, the second layer:

show(tg.render(model, around="layer2/a", radius=2))

# %%
# tinygraph *runs* a shorter form of the same program. Every result is written to a preallocated
# buffer. All parameters are in one vector, so the update takes one operation, however many
# parameters there are:

arguments, _, body = program.code.partition("):\n")
print(body)

# %%
# The same numbers
# ----------------

twin = tg.lab2.model(rng=0)
compiled = tg.compile(twin, optimizer=tg.SGD(twin.parameters, lr=1.0))
reference = tg.lab2.model(rng=0)
by_hand = tg.SGD(reference.parameters, lr=1.0)
losses = []
for _ in range(200):
    losses.append(reference.forward(x=X, t=T))
    reference.backward()
    by_hand.step()
difference = np.abs(compiled.run(200, x=X, t=T) - losses).max()
print(f"largest difference of the losses over 200 steps: {difference:.1e}")
assert difference < 1e-9

# %%
# How fast?
# ---------

start = time.perf_counter()
compiled.run(3000, x=X, t=T)
fast = (time.perf_counter() - start) / 3000 * 1e6
print(f"interpreted {slow:.0f} µs, compiled {fast:.0f} µs per step")
print(f"compiled is {slow / fast:.1f} times as fast")

# %%
# (These times were measured when this page was built. Your machine will give other numbers.)
#
# **The answer to the question.** In a small network, most of the time goes into Python. If you know
# the graph, you can write the whole step as a list of array operations, and run only this list.
# ``tg.fit`` does it for you: ``engine="auto"`` compiles every model that can be compiled.
#
# Exercise
# --------
# Write such a list of operations yourself, for a smaller network: :math:`y = x W + b`, with the
# mean squared error against :math:`t`. Take one step of gradient descent. The answer is a function
# ``(x, t, W, b, lr)`` that returns ``loss, W, b`` with the *new* ``W`` and ``b``. It must not
# change its arguments.

answer = None
show(check("13", answer))

# %%
# .. dropdown:: Solution
#
#     .. code-block:: python
#
#         def answer(x, t, W, b, lr):
#             e = x @ W + b - t
#             loss = np.mean(e**2)
#             g = 2 / e.size * e
#             return loss, W - lr * x.T @ g, b - lr * g.sum(axis=0)
#
# What this leaves out
# --------------------
# The source of ``tinygraph/compile`` explains how the recording works. Read its folders ``record``,
# ``passes`` and ``targets``, in this order. With Numba installed, ``target="numba"`` turns the same
# program into machine code, including the loop over the steps.
