"""``python -m sr <verb>``."""

import os
import sys

# Processes that a verb starts import this module again.
if __name__ == "__main__":
    code = None
    if os.environ.get("SR_FORK_SERVER", "off") != "off":
        from sr.core.fork_client import run_in_server

        code = run_in_server()
    if code is None:
        from sr.cli.main import main

        code = main()
    sys.exit(code)
