"""``python -m symgrad``: see ``symgrad.cli``."""

import sys

from symgrad.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
