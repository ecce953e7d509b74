"""``python -m sr <verb>``."""

import sys

from sr.cli.main import main

sys.exit(main())
