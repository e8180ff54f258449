"""``python -m typereg``: the same as the command ``typereg``."""

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
