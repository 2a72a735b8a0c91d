"""Run the command line: ``python -m segpy``."""

import sys

from segpy.cli import main

if __name__ == "__main__":
    sys.exit(main())
