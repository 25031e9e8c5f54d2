"""Every op and every layer against PyTorch, in two precisions, with first and second derivatives.

A loss is the sum of an op's value times random weights. Its gradients are compared, and in float64
the derivative of these gradients along a random direction, too: tinygraph builds the gradients as
nodes and differentiates them, PyTorch differentiates its own record twice.
"""

import argparse
import sys
from importlib.util import find_spec

import numpy as np

import tinygraph as tg
from campaigns.figures import record
from tinygraph import ops

PRECISIONS = {"float64": np.float64, "float32": np.float32}


def mine(node, leaves, weights, directions):
    """Return the value, the gradients and, with directions, the second derivatives."""
    loss = tg.Sum(node * weights)
    model = tg.Graph(loss)
    model.forward()
    model.backward()
    grads = [leaf.grad for leaf in leaves]
    results = [np.array(node.value), *grads]
    if directions is None:
        return results
    terms = [
        np.sum(g * v)
        for g, v in zip(tg.gradients(loss, leaves), directions, strict=True)
        if g is not None
    ]
    if not terms:
        return [*results, *(None for _ in leaves)]
    again = tg.Graph(sum(terms[1:], terms[0]))
    again.forward()
    again.backward()
    inside = set(again.nodes)
    return [*results, *(leaf.grad if leaf in inside else None for leaf in leaves)]


def theirs(formula, arrays, weights, directions):
    """Return the same from PyTorch."""
    import torch

    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    y = formula(*tensors)
    y = y.to(tensors[0].dtype)
    results = [y.detach().numpy()]
    none = [None] * len(tensors)
    if not y.requires_grad:
        return [*results, *none, *(none if directions is not None else [])]
    loss = (y * torch.tensor(weights)).sum()
    grads = torch.autograd.grad(loss, tensors, create_graph=True, allow_unused=True)
    results += [None if g is None else g.detach().numpy() for g in grads]
    if directions is None:
        return results
    terms = [
        (g * torch.tensor(v)).sum()
        for g, v in zip(grads, directions, strict=True)
        if g is not None and g.requires_grad
    ]
    if not terms:
        return [*results, *none]
    seconds = torch.autograd.grad(sum(terms), tensors, allow_unused=True)
    return [*results, *(None if s is None else s.numpy(force=True) for s in seconds)]


def difference(got, expected):
    """Return the largest difference, relative to the largest expected number; None counts as 0."""
    pairs = [(a, b) for a, b in zip(got, expected, strict=True) if a is not None or b is not None]
    worst = 0.0
    for a, b in pairs:
        a = np.zeros_like(b) if a is None else a
        b = np.zeros_like(a) if b is None else b
        assert np.shape(a) == np.shape(b), (np.shape(a), np.shape(b))
        apart = float(np.max(np.abs(a - b), initial=0.0))
        assert np.isfinite(apart)  # max() would pass over NaN
        worst = max(worst, apart / max(1.0, float(np.max(np.abs(b), initial=0.0))))
    return worst


def of_op(op, hyperparameters, formula, rng, dtype, is_second):
    """Return the difference of an op at one of its examples."""
    arrays = [np.asarray(array, dtype) for array in op.example(rng)]
    leaves = [tg.Parameter(array, name=f"x{k}") for k, array in enumerate(arrays)]
    node = op(*leaves, name="y", **hyperparameters)
    weights = np.asarray(rng.normal(size=node.shape), dtype)
    directions = [rng.normal(size=array.shape) for array in arrays] if is_second else None
    got = mine(node, leaves, weights, directions)
    return difference(got, theirs(lambda *xs: formula(node, *xs), arrays, weights, directions))


def of_layer(shape, build, formula, rng, dtype, is_second):
    """Return the difference of a layer, for its input and all its parameters."""
    x = tg.Parameter(np.asarray(rng.normal(size=shape), dtype), name="x")
    node = build(x)
    leaves = list(tg.Graph(tg.Sum(node)).parameters)
    for leaf in leaves:  # a layer has the precision of its input
        leaf.value = leaf.value + 0.1 * rng.normal(size=leaf.shape)
    arrays = [np.array(leaf.value) for leaf in leaves]
    names = [leaf.name for leaf in leaves]
    weights = np.asarray(rng.normal(size=node.shape), dtype)
    directions = [rng.normal(size=array.shape) for array in arrays] if is_second else None

    def of_tensors(*tensors):
        by_name = dict(zip(names, tensors, strict=True))
        return formula(by_name.pop("x"), by_name, "n")

    got = mine(node, leaves, weights, directions)
    return difference(got, theirs(of_tensors, arrays, weights, directions))


def compare(count):
    """Compare all ops and layers at ``count`` examples each; return the largest differences."""
    from campaigns.pytorch_formulas import FORMULAS, LAYERS, VARIANTS

    worst = dict.fromkeys((*PRECISIONS, "float64 second derivatives"), (0.0, ""))
    for kind, dtype in PRECISIONS.items():
        for is_second in (False, True) if dtype is np.float64 else (False,):
            key = f"{kind} second derivatives" if is_second else kind
            for seed in range(count):
                rng = np.random.default_rng(seed)
                found = [
                    (of_op(op, more, FORMULAS[op], rng, dtype, is_second), f"{op.__name__} {more}")
                    for op, more in VARIANTS
                ]
                found += [
                    (of_layer(*layer, rng, dtype, is_second), name)
                    for name, layer in LAYERS.items()
                ]
                worst[key] = max(worst[key], *found)
    return worst


def missing():
    """Return the ops without a formula in PyTorch and without a reason."""
    from campaigns.pytorch_formulas import FORMULAS, WITHOUT

    return {name for name in ops.__all__ if getattr(ops, name) not in {*FORMULAS, *WITHOUT}}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="examples of each op and layer")
    count = parser.parse_args().count
    if find_spec("torch") is None:
        print("Skipped: this campaign needs PyTorch. Install it: pip install torch")
        return
    from campaigns.pytorch_formulas import FORMULAS, LAYERS, VARIANTS

    worst = compare(count)
    for key, (apart, name) in worst.items():
        print(f"{key}: {apart:.2g}, {name}")
    record(
        "pytorch",
        ops=len(FORMULAS),
        layers=len(LAYERS),
        comparisons=(len(VARIANTS) + len(LAYERS)) * count * 3,
        **{
            f"largest_relative_difference_{key.replace(' ', '_')}": float(f"{apart:.2g}")
            for key, (apart, _) in worst.items()
        },
    )


if __name__ == "__main__":
    sys.exit(main())
