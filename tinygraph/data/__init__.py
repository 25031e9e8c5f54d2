"""Data sets: problems to train on, from 21 points to handwritten digits.

======================  ================================  =======================
function                inputs                            labels
======================  ================================  =======================
``linear``, ``xor``     points (n, 2)                     0 and 1, (n, 1)
``moons``, ``circles``  points (n, 2)                     0 and 1, (n, 1)
``spiral``, ``blobs``   points (n, 2)                     whole numbers (n,)
``digits``              images (1797, 8, 8)               whole numbers (1797,)
``reversal``            sequences of tokens (n, T)        a token for each, (n, T)
``addition``            sequences of tokens (n, T)        a digit for each, (n, T)
======================  ================================  =======================
"""

from tinygraph.data.digits import digits
from tinygraph.data.lab2 import linear, xor
from tinygraph.data.planes import blobs, circles, moons, spiral
from tinygraph.data.sequences import addition, reversal

__all__ = [
    "addition",
    "blobs",
    "circles",
    "digits",
    "linear",
    "moons",
    "reversal",
    "spiral",
    "xor",
]
