"""Stop a job at a chosen place, so that a test can kill it just there; Python imports this when it starts.

HOLD is `verb place marker`. The place is `step` (third step of a training) or the end of a file's name (this file is
written but has its temporary name yet). There the job makes the file `marker` and waits until somebody removes it.
"""

import os
import sys
import time

VERB, PLACE, MARKER = (os.environ.get("HOLD") or "- - -").split(" ")
steps = 0


def hold() -> None:
    """Wait here."""
    sys.setprofile(None)
    open(MARKER, "w").close()
    while os.path.exists(MARKER):
        time.sleep(0.01)


def count(frame: object, event: str, argument: object) -> None:
    """Count the steps of the optimizer."""
    global steps
    if event == "call" and frame.f_code.co_name == "step" and frame.f_code.co_filename.endswith("adam.py"):
        steps += 1
        if steps == 3:
            hold()


def watch(event: str, arguments: tuple) -> None:
    """Hear of every file that is opened or renamed."""
    if event == "os.rename" and PLACE != "step" and str(arguments[1]).endswith(PLACE):
        hold()
    if event == "open" and PLACE == "step" and steps == 0 and str(arguments[0]).endswith("x4.npy"):
        sys.setprofile(count)


if VERB in sys.orig_argv and "sr" in sys.orig_argv:
    sys.addaudithook(watch)
