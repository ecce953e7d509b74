"""Checkpoints of a search or training, from which the run resumes after a kill, a crash or a power loss.

A job has a folder, ``<root>/<job>/<fingerprint>/``, outside every output, because Snakemake deletes the outputs of a
failed job. The fingerprint covers everything that the result depends on, so a state is never used for another job. A
state is one file, ``step<number>-<SHA-256 of its bytes>.pt``, with weights, moments, random number generators, history
and time; the last two are kept. A lock, which the kernel releases with the process, keeps a second process out.
"""

import errno
import hashlib
import io
import os
import platform
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import torch
from filelock import FileLock, Timeout

from sr.core.digest import code_digest
from sr.core.errors import SignalError, UserError, reason_of
from sr.core.files import atomic_path, digest
from sr.core.progress import Progress
from sr.core.signals import Signals

# Increase it when older states must not be used: the fingerprint does not cover the room sr/core.
FORMAT = 1
# Seconds between states: the work that a kill costs at most.
INTERVAL = 60.0
# Saving takes at most 1/SHARE of a run's time, however slow the disk is.
SHARE = 100
# States kept.
KEEP = 2
# Errors of cluster file systems that have no locks.
NO_LOCKS = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK)


class Stateful(Protocol):
    """Anything with a state: a network, an optimiser, a sampler, a history, a clock."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state as tensors and plain values."""

    def load_state_dict(self, state: dict[str, Any]) -> Any:
        """Restore a state, in place."""


class Checkpointer:
    """Save a job's state while it runs and remove it after success; without a root, do nothing.

    A context manager around everything that must succeed before the state may be deleted.
    """

    def __init__(self, root: str | os.PathLike | None = None, every: float | None = None) -> None:
        """Save states under ``root``, one every ``every`` seconds (0: after every step; None: INTERVAL)."""
        if every is not None and (root is None or not 0 <= every < float("inf")):
            raise UserError(f"--state-every {every:g}: needs --state DIR and a number of seconds, 0 or more")
        self.root, self.every = Path(root) if root else None, INTERVAL if every is None else every
        self.folder: Path | None = None
        # Steps and seconds of this run in earlier processes.
        self.resumed: dict[str, Any] | None = None
        # Everything that belongs to the state, by name.
        self.parts: dict[str, Stateful] = {}
        self._intact: list[Path] = []
        self._steps, self._saved, self._pause = 0, time.monotonic(), self.every
        self._signals = Signals()

    def open(self, job: tuple[str, ...], method: str, facts: dict[str, Any], **parts: Stateful) -> None:
        """Lock the folder of ``job`` (verb, model, ...), whose result depends on ``facts`` and the code alone.

        ``parts`` belong to the state. Raise UserError if another process is working on the same job.
        """
        self.parts = parts
        if self.root is None:
            return
        # Packed images carry the digest of their HR pixels; how LR images were made is code.
        code = code_digest(f"sr.cli.{job[0]}", f"sr.methods.{method}.network", "sr.cli.degrade")
        identity = {"format": FORMAT, "code": code, "torch": torch.__version__, "facts": facts}
        self.fingerprint = digest(identity)
        folder = self.root.joinpath(*job, self.fingerprint[:16])
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # filelock's fallback for file systems without locks is a file that would survive a kill.
            self._lock = FileLock(folder / "lock", fallback_to_soft=False)
            self._lock.acquire(timeout=0)
            (folder / "lock").write_text(f"process {os.getpid()} on {platform.node()}")
        except Timeout:
            owner = (folder / "lock").read_text() or "another process"
            raise UserError(
                f"{folder}: {owner} is working on this job. Wait for it, or stop it with SIGTERM: it saves its state"
            ) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise UserError(f"{folder}: cannot be written ({error.strerror}). Check --state, permissions") from None
            warnings.warn(
                f"{folder}: this file system has no locks. Do not run the same job twice at the same time", stacklevel=2
            )
        self.folder = folder
        self._signals.catch()

    def resume(self, progress: Progress, **parts: Stateful | None) -> int:
        """Restore all parts from the job's last intact state; return how many steps are done."""
        self.parts |= {"progress": progress}
        self.parts |= {name: part for name, part in parts.items() if part is not None}
        self._steps = progress.steps
        if self.folder is None:
            return 0
        files = sorted(self.folder.glob("step*.pt"))
        while files and (state := self._read(files[-1])) is None:
            files.pop()
        self._intact = files
        self._saved = time.monotonic()
        if not files or state is None:
            self._mention_others()
            return 0
        for name, part in self.parts.items():
            part.load_state_dict(state["parts"][name])
        torch.set_rng_state(state["random"])
        if state["random_cuda"] is not None:
            torch.cuda.set_rng_state(state["random_cuda"])
        done = state["step"]
        self.resumed = {"step": done, "seconds": round(progress.seconds(), 3)}
        print(f"resumed at step {done}/{self._steps} from {self.folder}", file=sys.stderr, flush=True)
        return done

    def save_if_due(self, step: int, rate: float) -> None:
        """Save the state after ``step`` steps if it is time; after a signal, save and raise SignalError.

        Raise UserError if a number of the state is not finite: a good state is never replaced by a bad one. ``rate`` is
        the learning rate, for the message. After the last step nothing is saved: outputs follow.
        """
        start = time.monotonic()
        signal = self._signals.number
        due = signal is not None or start - self._saved >= self._pause
        if self.folder is None or step == self._steps or not due:
            return
        self._save(step, rate)
        self._saved = time.monotonic()
        self._pause = max(self.every, SHARE * (self._saved - start)) if self.every else 0.0
        if signal is not None:
            raise SignalError(f"stopped after step {step}. The same command resumes from there", signal)

    def diverged(self, what: str, step: int, rate: float) -> UserError:
        """Return the error of a run with numbers that are not finite."""
        state = f". Last good state: {self._intact[-1]}" if self._intact else ""
        return UserError(f"{what} at step {step} (lr {rate:.2e}): the run diverged. Lower the learning rate{state}")

    def _save(self, step: int, rate: float) -> None:
        assert self.folder is not None
        state = {
            "fingerprint": self.fingerprint,
            "step": step,
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None,
        }
        if not finite(state["parts"]):
            raise self.diverged("a weight, a moment or the loss is not finite", step, rate)
        buffer = io.BytesIO()
        torch.save(state, buffer)
        content = buffer.getbuffer()
        path = self.folder / f"step{step:09d}-{hashlib.sha256(content).hexdigest()}.pt"
        try:
            with atomic_path(path) as temporary, open(temporary, "wb") as stream:
                stream.write(content)
                stream.flush()
                # Flushed before it is renamed, or a power loss could leave a name without content.
                os.fsync(stream.fileno())
            _sync_folder(self.folder)
        except OSError as error:
            raise UserError(
                f"{path.parent}: the state of step {step} cannot be saved ({error.strerror}); older ones are kept. "
                "Free some space and run again"
            ) from None
        self._intact = [file for file in self._intact if file != path][1 - KEEP :] + [path]
        for file in self.folder.iterdir():
            # Half-written files of a killed run and damaged states go too.
            if file not in self._intact and file.name != "lock":
                file.unlink()

    def _read(self, path: Path) -> dict[str, Any] | None:
        """Return a state, or None with a warning if it is damaged or belongs to another job."""
        try:
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() != path.stem.rpartition("-")[2]:
                reason = "truncated or altered"
            else:
                state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
                if state["fingerprint"] != self.fingerprint:
                    reason = "of other parameters, code or data"
                elif not 0 < state["step"] < self._steps:
                    # Resumed there, the run would end at once with whatever weights the file has.
                    reason = f"its step {state['step']} is not within the run"
                else:
                    return state
        except Exception as error:  # torch.load raises many kinds; each means a file not to trust
            reason = reason_of(error)[:120]
        first = path == min(path.parent.glob("step*.pt"))
        consequence = "starting from scratch" if first else "trying the one before it"
        warnings.warn(f"{path}: state rejected: {reason}; {consequence}", stacklevel=2)
        return None

    def _mention_others(self) -> None:
        """Print how many other runs of this job have states: why nothing is resumed, and what may be deleted."""
        assert self.folder is not None
        folder = self.folder.parent
        others = sum(any(other.glob("step*.pt")) for other in folder.iterdir() if other != self.folder)
        if others:
            print(f"{folder}: unfinished runs with other parameters, code or data: {others}", file=sys.stderr)

    def __enter__(self) -> "Checkpointer":
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        self._signals.release()
        if self.folder is not None:
            if kind is None:  # success
                shutil.rmtree(self.folder, ignore_errors=True)
            self._lock.release()
            self.folder = None


def finite(value: Any) -> bool:
    """Tell whether all floating-point tensors in nested dicts and lists are finite."""
    return all(bool(t.isfinite().all()) for t in _tensors(value) if t.is_floating_point())


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
