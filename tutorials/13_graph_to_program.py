r"""
13 · From graph to program
==========================

**Question.** Where does the time of a small network go, and what can be done about it once the
whole network is known as a graph?"""

# %%
# Most of the time is not arithmetic
# ----------------------------------
# The lab's network has 37 numbers in its parameters. One step on 21 points is a few thousand
# multiplications, which a processor does in a microsecond or two. Let us see what a step takes.

import time

import numpy as np

import tinygraph as tg

X, T = tg.data.xor()
model = tg.lab2.model(rng=0)
optimizer = tg.SGD(model.parameters, lr=1.0)


def microseconds_a_step(step, steps=300):
    """Return the best of five rounds: the others were disturbed by something else."""
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


slow = microseconds_a_step(interpreted)
print(f"interpreted: {slow:.0f} µs a step")

# %%
# Nearly all of it is Python: looking up nodes, calling methods, checking shapes, and NumPy
# preparing each of its calls, whose arrays are tiny.
#
# .. admonition:: Predict
#
#     If you knew the network beforehand, what would you write by hand for one training step? How
#     many lines of NumPy, about?
#
# The program that you would write
# --------------------------------
# ``tg.compile`` runs every op's own ``forward`` and ``backward`` *once*, on arrays that only write
# down what is done to them. What was written down is a straight line of array operations, and it
# can be printed with the graph's own names:

program = tg.compile(model, optimizer=optimizer)
print(program.source)

# %%
# Read it beside the graph. There is no graph in it any more: no nodes, no loops, no method calls.

tg.render(model)

# %%
# What is *run* is a shorter form of the same program, in which every result is written to a buffer
# that exists already, and all parameters lie in one vector, so that an update is one operation
# however many parameters there are:

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
print(f"interpreted {slow:.0f} µs, compiled {fast:.0f} µs a step: {slow / fast:.1f} times as fast")

# %%
# (Measured while this page was built, on whatever machine that was.) ``tg.fit`` does this by
# itself: ``engine="auto"`` compiles whatever can be compiled.
#
# Exercise
# --------
# Write the straight line yourself, for a smaller network: :math:`y = x W + b`, the mean squared
# error against :math:`t`, and one step of gradient descent. The answer is a function ``(x, t, W, b,
# lr)`` that returns ``loss, W, b``, the new ones, and changes none of its arguments.

from tinygraph import exercises

answer = None
print(exercises.check("13", answer))

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
# How the recording works is told in the modules ``recording.py``, ``passes.py`` and
# ``numpy_target.py`` of ``tinygraph/compile``, in this order. With Numba installed,
# ``target="numba"`` turns the same program into machine code, loops and all.
