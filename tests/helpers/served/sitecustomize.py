"""Let a job print at its end that the fork server has run it; Python imports this module at startup."""

import atexit
import sys

if "sr.core.fork_server" in sys.orig_argv:
    atexit.register(print, "served")
