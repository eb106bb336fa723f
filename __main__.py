"""``python -m snellen``: the same as the ``snellen`` command."""

import sys

from .cli import main

sys.exit(main())
