"""``python -m sr <verb>``."""

import sys

from sr.cli.main import main

# Processes that a verb starts import this module again.
if __name__ == "__main__":
    sys.exit(main())
