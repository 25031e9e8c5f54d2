"""``python -m tinygraph``: the command line without an installed script."""

import sys

from tinygraph.cli import main

sys.exit(main())
