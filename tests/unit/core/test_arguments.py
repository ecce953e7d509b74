"""Types of arguments: no output replaces a device, an input or another output, and every number has bounds."""

import argparse
import importlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from sr.cli.main import verbs
from sr.core.arguments import Output, named_files
from sr.core.files import CsvLog, atomic_path
from tests.conftest import REPO
from tests.helpers.cli import refused

PARAMS = REPO / "workflow" / "presets" / "smoke.yaml"
GENOTYPE = REPO / "data" / "genotypes" / "dlsr.json"


def arguments(verb: str) -> list[argparse.Action]:
    parser = argparse.ArgumentParser()
    importlib.import_module(f"sr.cli.{verb}").add_arguments(parser)
    return parser._actions


def fifo(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def device(path: Path) -> None:
    path.symlink_to("/dev/null")


@pytest.mark.parametrize("verb", verbs())
def test_every_argument_that_is_written_is_declared(verb: str) -> None:
    written = ("write", "written", "history of", "loss curve", "result (JSON)", "supernet", "folder of states", "OUT")
    for action in arguments(verb):
        text = f"{action.metavar} {action.help}"
        if action.dest in ("out", "json", "csv", "state") or (
            any(word in text for word in written) and action.nargs != 0
        ):
            reads = verb in ("card", "genotype") and action.dest == "history"
            assert isinstance(action.type, Output) or reads or action.dest in ("model", "scale"), action


@pytest.mark.parametrize("make", [fifo, unix_socket, device])
@pytest.mark.parametrize("option", ["--out", "--record"])
def test_a_device_a_pipe_or_a_socket_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture, make: Callable[[Path], None], option: str
) -> None:
    path = tmp_path / "g.png"
    make(path)
    before = path.lstat()
    outputs = {"--out": tmp_path / "other", "--record": tmp_path / "r.json"}
    outputs[option] = path if option == "--record" else path.with_suffix("")
    command = ["diagram", "--genotype", GENOTYPE, "--out", outputs["--out"], "--record", outputs["--record"]]
    assert f"{path}: is not a regular file" in refused(capsys, *command)
    assert (path.lstat().st_ino, path.lstat().st_mode) == (before.st_ino, before.st_mode)
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ValueError, match="not a regular file"), atomic_path(path):
        pass
    with pytest.raises(ValueError, match="not a regular file"):
        CsvLog(path)


def test_a_link_to_an_open_stream_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """It looks like a regular file if the stream is one."""
    with (tmp_path / "file").open("w") as stream:
        path = f"/dev/fd/{stream.fileno()}"
        line = refused(capsys, "genotype", "--params", PARAMS, "--model", "m", "--probabilities", "p", "--out", path)
    assert f"{path}: is not a regular file" in line


@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o002, 0o664)])
def test_the_umask_decides_who_may_read_an_output(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        with atomic_path(tmp_path / "a.json") as temporary:
            temporary.unlink()  # as a writer does that renames a file of its own
            temporary.write_text("{}")
            temporary.chmod(0o640)
    finally:
        os.umask(before)
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == mode


def test_an_output_may_have_the_longest_name(tmp_path: Path) -> None:
    name = "a" * 250 + ".json"
    with atomic_path(tmp_path / name) as temporary:
        assert temporary.suffix == ".json"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_two_outputs_are_not_one_file(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    out, same = tmp_path / "a", tmp_path / "link" / ".." / tmp_path.name / "a"
    fetch = ["fetch", "Set5", "--params", PARAMS, "--packed", out, "--manifest", same]
    assert "both --manifest and --packed would write it" in refused(capsys, *fetch)
    page = ["page", "--params", PARAMS, "--out", out, "--claims", same]
    assert "both --out and --claims would write it" in refused(capsys, *page)
    train = ["--params", PARAMS, "--model", "dlsr", "--data", "d"]
    assert "both --out and --history" in refused(
        capsys, "search", *train, "--out", out, "--history", same, "--weights", tmp_path / "w"
    )
    diagram = ["diagram", "--genotype", GENOTYPE, "--out", out, "--record", f"{same}.svg"]
    assert "both --out and --record would write it" in refused(capsys, *diagram)
    upscale = ["upscale", "in.png", out, "--record", same]
    assert "both OUT and --record would write it" in refused(capsys, *upscale)
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def test_an_output_that_cannot_be_written_ends_the_verb_before_its_work(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    for option in ("--out", "--record"):
        words = {"--out": tmp_path / "out.json", "--record": tmp_path / "record.json"}
        for path, reason in (
            (tmp_path, "is a folder"),
            (tmp_path / "file" / "a", "cannot be written (Not a directory)"),
        ):
            given = [word for pair in (words | {option: path}).items() for word in pair]
            # The parameter file, which is read first of all, does not exist either.
            line = refused(capsys, "verify", "prints", "--params", tmp_path / "absent.yaml", *given)
            assert line.startswith(f"error: {path}: {reason}")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_output_is_no_input(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    genotype, folder = tmp_path / "g.json", tmp_path / "HR"
    genotype.write_bytes(GENOTYPE.read_bytes())
    (tmp_path / "link.json").symlink_to(genotype)
    folder.mkdir()
    (folder / "a.png").write_bytes(b"image")
    for source in (genotype, tmp_path / "link.json"):
        words = ["diagram", "--genotype", source, "--out", tmp_path / "x", "--record", genotype]
        assert "--record would replace an input (--genotype)" in refused(capsys, *words)
        words = ["count", "--networks", f"dlsr={source}", "--params", PARAMS, "--record", genotype]
        assert "--record would replace an input (--networks)" in refused(capsys, *words)
    words = ["evaluate", "--bicubic", "--hr", folder, "--scale", "2", "--json", folder / "a.png"]
    assert "would replace a file in a folder of inputs (--hr)" in refused(capsys, *words)
    assert genotype.read_bytes() == GENOTYPE.read_bytes()
    assert (folder / "a.png").read_bytes() == b"image"


def test_a_record_does_not_replace_a_result_in_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    counts = tmp_path / "dlsr.json"
    words = ["count", "--networks", f"dlsr={GENOTYPE}", "--params", REPO / "params.yaml", "--out", tmp_path]
    assert "is a result, too" in refused(capsys, *words, "--record", counts)
    assert '"scales"' in counts.read_text()


def test_a_history_does_not_change_what_a_link_gives(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("old")
    (tmp_path / "h.csv").hardlink_to(tmp_path / "kept")
    with CsvLog(tmp_path / "h.csv") as log:
        log.write({"step": 1})
    assert (tmp_path / "kept").read_text() == "old"
    assert (tmp_path / "h.csv").read_text().split() == ["step", "1"]


@pytest.mark.parametrize("verb", ["estimate", "evaluate", "panel", "retrain", "search", "upscale"])
@pytest.mark.parametrize("value", ["0", "-5", "1000000000000", "1.5", "x", "9" * 5000])
def test_threads_have_bounds(capsys: pytest.CaptureFixture, verb: str, value: str) -> None:
    line = refused(capsys, verb, f"--threads={value}")
    assert "argument --threads: " in line
    assert "must be a whole number from 1 to 1,024" in line


@pytest.mark.parametrize("value", ["0", "-4", "1000000000"])
def test_channels_have_bounds(capsys: pytest.CaptureFixture, value: str) -> None:
    line = refused(capsys, "count", "--operations", "dlsr", f"--channels={value}")
    assert "argument --channels: " in line
    assert "must be a whole number from 1 to 4,096" in line


@pytest.mark.parametrize("verb", ["search", "retrain"])
@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e300", "x"])
def test_the_interval_of_states_has_bounds(capsys: pytest.CaptureFixture, verb: str, value: str) -> None:
    line = refused(capsys, verb, f"--state-every={value}")
    assert f"argument --state-every: '{value}': must be a number from 0 to 604,800" in line


@pytest.mark.parametrize(
    ("verb", "option"), [("evaluate", "--tile"), ("upscale", "--tile"), ("upscale", "--max-pixels")]
)
@pytest.mark.parametrize("value", ["-1", "1000000000000000"])
def test_sizes_of_images_have_bounds(capsys: pytest.CaptureFixture, verb: str, option: str, value: str) -> None:
    assert f"argument {option}: '{value}': must be a whole number from" in refused(capsys, verb, f"{option}={value}")


@pytest.mark.parametrize("verb", verbs())
def test_every_number_has_bounds(verb: str) -> None:
    """A new option takes a number of sr.core.arguments, or one of a few choices."""
    numbers = [action for action in arguments(verb) if action.type in (int, float)]
    assert [action.dest for action in numbers if not action.choices] == []


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match=r"^dlsr: both a\.json and b\.json\. Give each name once$"):
        named_files(["dlsr=a.json", "dlsr=b.json"])
