"""Step through back-propagation: one key, one op, one thing that it does.

``stepper`` holds what the user gets, ``page`` builds the HTML, ``terminal`` takes the keys and
``screens`` shows what they ask for.  ``words`` says what happens, ``formulas`` sets mathematics,
``paths`` shows a derivative as a sum.  ``questions`` asks first: about the ``subjects`` of a step,
with ``mistakes`` and ``value_mistakes`` to meet wrong answers; ``predictions`` keeps the score.
"""

from tinygraph.viz.stepper.stepper import Stepper, step_through

__all__ = ["Stepper", "step_through"]
