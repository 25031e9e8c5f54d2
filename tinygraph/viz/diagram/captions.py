"""The texts of a diagram: on hover, and for a screen reader."""

from __future__ import annotations

import numpy as np

from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.notation.numbers import norm, number
from tinygraph.notation.unicode import unicode_math, visible
from tinygraph.validation.arrays import Array
from tinygraph.validation.shapes import show
from tinygraph.viz.diagram import cards
from tinygraph.viz.diagram.identity import arrow_id, card_id, clusters
from tinygraph.viz.diagram.scene import Scene
from tinygraph.viz.diagram.view import Arrow, Card


def hover_texts(scene: Scene) -> dict[str, str]:
    """Return the hover text of each element, by its id in the DOT."""
    texts = {card_id(card): _card(card, scene) for card in scene.view.cards}
    texts |= {cluster: f"group {visible(group)}" for group, cluster in clusters(scene.view).items()}
    for arrow in scene.view.arrows:
        texts[arrow_id("f", arrow)] = _value_arrow(arrow)
        size = scene.flow.norms.get(arrow)
        if size is not None:
            texts[arrow_id("b", arrow)] = (
                f"gradient of {visible(arrow.source.name)}, sent back by "
                f"{visible(arrow.target.name)}: norm {number(size, 3)}"
            )
    return texts


def description(scene: Scene) -> str:
    """Describe the picture in sentences, in topological order."""
    names: dict[Card, list[str]] = {}
    for arrow in scene.view.arrows:
        names.setdefault(arrow.target, []).append(arrow.source.name)
    sentences = []
    for card in scene.view.cards:
        sources = names.get(card)
        computed = f", computed from {', '.join(sources)}" if sources else ""
        size = scene.flow.gradient_norm(card) if scene.flow.has_gradients else None
        gradient = "" if size is None else f", gradient norm {number(size, 2)}"
        shape = "" if card.is_folded else f" {_shape(card.nodes[0], scene)}"
        marks = "".join(f", {mark}" for node in card.nodes for mark in scene.marks.get(node, ()))
        sentences.append(f"{card.name}: {cards.kind(card)}{shape}{computed}{gradient}{marks}.")
    return visible(" ".join([*sentences, *scene.view.notes]))


def _card(card: Card, scene: Scene) -> str:
    if card.is_folded:
        return f"{visible(card.name)}\ngroup of {len(card.nodes):,} nodes"
    node = card.nodes[0]
    lines = [visible(card.name), f"{cards.kind(card)} {_shape(node, scene)}"]
    # Nodes get automatic names only when a Graph is built.
    is_named = all(each.name is not None for each in (node, *node.inputs))
    if isinstance(node, Op) and node.formula and is_named:
        lines.append(visible(unicode_math(scene.notation.value_math(node))))
    if scene.flow.has_values and node.value is not None:
        lines.append(f"value: {_numbers(node.value)}")
    if scene.flow.has_gradients:
        lines.append(f"gradient: {_gradient(node)}")
        readers = scene.flow.readers[node]
        if readers > 1 and node.grad is not None:
            lines.append(f"the sum of {readers} contributions")
    sentences = scene.explanations.get(node, scene.marks.get(node, ()))
    return "\n".join([*lines, *map(visible, sentences)])


def _shape(node: Node, scene: Scene) -> str:
    return "has no shape: its inputs do not fit" if node is scene.refused else show(node.shape)


def _gradient(node: Node) -> str:
    return "not computed" if node.grad is None else _numbers(node.grad)


def _numbers(array: Array) -> str:
    if array.ndim == 0:
        return number(float(array), 6)
    if array.size == 0:
        return f"{show(array.shape)}, empty"
    with np.errstate(all="ignore"):
        low, mean, high = (number(float(f(array)), 3) for f in (np.min, np.mean, np.max))
    size = number(norm(array), 3)
    return f"{show(array.shape)}, from {low} to {high}, mean {mean}, norm {size}"


def _value_arrow(arrow: Arrow) -> str:
    text = f"value of {visible(arrow.source.name)}, read by {visible(arrow.target.name)}"
    op, position = arrow.reads[0]
    if len(arrow.reads) == 1 and position < len(op.arguments):
        text += f" as {op.arguments[position]}"
    return text
