"""The same training steps in other frameworks, each only if it is installed."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from benchmarks.hand_numpy import start_values


def installed(name: str) -> bool:
    return find_spec(name) is not None


def torch_eager(x, t, optimizer="sgd", lr=0.1):
    import torch

    torch.set_num_threads(1)
    x, t = torch.from_numpy(x), torch.from_numpy(t)
    parameters = [torch.tensor(w, requires_grad=True) for pair in start_values() for w in pair]
    kind = torch.optim.SGD if optimizer == "sgd" else torch.optim.Adam
    opt = kind(parameters, lr=lr)

    def run(steps):
        for _ in range(steps):
            h = x
            for W, b in zip(parameters[::2], parameters[1::2]):
                h = torch.sigmoid(h @ W + b)
            loss = torch.mean((h - t) ** 2)
            opt.zero_grad()
            loss.backward()
            opt.step()
        return loss.item()

    return run


def jax_step(optimizer, lr):
    """Return the start state and a pure training step on a list of parameters."""
    import jax
    import jax.numpy as jnp

    def loss_of(parameters, x, t):
        h = x
        for W, b in zip(parameters[::2], parameters[1::2]):
            h = jax.nn.sigmoid(h @ W + b)
        return jnp.mean((h - t) ** 2)

    def step(state, x, t, rate):
        parameters, m, v, k = state
        loss, g = jax.value_and_grad(loss_of)(parameters, x, t)
        if optimizer == "sgd":
            return ([w - rate * d for w, d in zip(parameters, g)], m, v, k + 1), loss
        k = k + 1
        m = [0.9 * a + 0.1 * d for a, d in zip(m, g)]
        v = [0.999 * a + 0.001 * d * d for a, d in zip(v, g)]
        parameters = [
            w - rate * (a / (1 - 0.9**k)) / (jnp.sqrt(b / (1 - 0.999**k)) + 1e-8)
            for w, a, b in zip(parameters, m, v)
        ]
        return (parameters, m, v, k), loss

    return step


def jax_scan(x, t, optimizer="sgd", lr=0.1, models=None):
    """Many steps in one compiled scan; with ``models``, many models by vmap."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    step = jax_step(optimizer, lr)
    x, t = jnp.asarray(x), jnp.asarray(t)
    seeds = [0] if models is None else range(models)
    starts = [[w for pair in start_values(seed) for w in pair] for seed in seeds]
    parameters = [jnp.asarray(np.array(ws)) for ws in zip(*starts)]
    rates = jnp.full(len(starts), lr)

    def one(parameters, memory, k, rate, steps):
        def body(state, _):
            return step(state, x, t, rate)

        state = (parameters, memory[0], memory[1], k)
        return jax.lax.scan(body, state, None, length=steps)

    stretch = 1000
    many = jax.jit(
        jax.vmap(lambda p, m, k, r: one(p, m, k, r, stretch), in_axes=(0, 0, None, 0))
        if models
        else lambda p, m, k, r: one(p, m, k, r, stretch)
    )
    if models is None:
        parameters, rates = [w[0] for w in parameters], lr
    memory = [[jnp.zeros_like(w) for w in parameters] for _ in range(2)]
    held = {"state": (parameters, memory, 0.0)}

    def run(steps):
        for _ in range(max(1, round(steps / stretch))):
            parameters, memory, k = held["state"]
            (parameters, m, v, _), losses = many(parameters, memory, k, rates)
            held["state"] = (parameters, [m, v], k + stretch)
        return jax.block_until_ready(losses)

    run.stretch = stretch
    return run


def autograd_step(x, t, optimizer="sgd", lr=0.1):
    import autograd.numpy as anp
    from autograd import value_and_grad

    parameters = [w for pair in start_values() for w in pair]

    def loss_of(parameters):
        h = x
        for W, b in zip(parameters[::2], parameters[1::2]):
            h = 1 / (1 + anp.exp(-(anp.dot(h, W) + b)))
        return anp.mean((h - t) ** 2)

    gradient = value_and_grad(loss_of)

    def run(steps):
        for _ in range(steps):
            loss, g = gradient(parameters)
            for w, d in zip(parameters, g):
                w -= lr * d
        return loss

    return run
