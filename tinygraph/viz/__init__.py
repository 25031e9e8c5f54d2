"""Pictures of a graph: what it is made of, what flows through it, and where the gradient fades.

``view`` chooses what is drawn, ``dot`` writes it as DOT, ``layout`` has Graphviz lay it out,
``svg`` makes the result fit for a page, and ``diagram`` holds it all together.
"""

from tinygraph.viz.diagram import Diagram, render

__all__ = ["Diagram", "render"]
