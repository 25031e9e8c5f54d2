"""Step through back-propagation: one key, one op, one thing that it does.

``stepper`` holds what the user gets, ``page`` builds the HTML and ``terminal`` steps at a prompt.
``words`` says what happens, ``formulas`` sets mathematics, ``questions`` and ``mistakes`` ask
first, ``paths`` shows a derivative as a sum.
"""

from tinygraph.viz.stepper.stepper import Stepper, step_through

__all__ = ["Stepper", "step_through"]
