"""The command line, called in this process."""

from pathlib import Path

import pytest

from sr.cli.main import main


def refused(capsys: pytest.CaptureFixture, *command: str | Path) -> str:
    """Run a verb that must fail; return its one line of error."""
    assert main([str(part) for part in command]) == 1
    lines = capsys.readouterr().err.splitlines()
    errors = [line for line in lines if not line.startswith("warning: ")]
    assert len(errors) == 1, lines
    assert errors[0].startswith("error: ")
    return errors[0]


def upscaled(*command: str | Path | int) -> int:
    """Run the verb upscale on one CPU thread; return its exit code."""
    return main(["upscale", *map(str, command), "--device", "cpu", "--threads", "1"])
