"""Data parallelism: DistributedDataParallel on equal shares of the batch, and a common start after a resume.

The mean of equal shares' gradients is the gradient of the whole batch's mean loss, up to the order of summation.
BatchNorm would see only its own share; none of the networks has one.
"""

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from textwrap import shorten
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from sr.core.errors import UserError
from sr.core.memory import exhausted
from sr.train.launch import GRACE, World, ignore_signals

# State that determines the rest of a training; clock and history belong to the main process.
SHARED = ("patches", "network", "optimizer", "losses")


class Group:
    """Process group of one training; with a single process every method is trivial and costs nothing.

    A context manager around all collective work.
    """

    def __init__(self, world: World | None = None, device: torch.device | None = None) -> None:
        """Connect to the other processes; all of them must call this."""
        self.world, self.device = world or World(), device or torch.device("cpu")
        self.alone = self.world.size == 1
        if not self.alone:
            with self.connected():
                self._connect()

    def part(self, batch: int) -> slice:
        """Return this process's share of a batch, whose size is a multiple of the number of processes."""
        share = batch // self.world.size
        return slice(self.world.rank * share, (self.world.rank + 1) * share)

    def all(self, flag: bool) -> bool:
        """Return whether ``flag`` is set in every process."""
        if self.alone:
            return flag
        value = torch.tensor(int(flag), device=self.device)
        with self.connected():
            dist.all_reduce(value, dist.ReduceOp.MIN)
        return bool(value)

    def wrap(self, network: nn.Module) -> nn.Module:
        """Return the network with gradients averaged over all processes in ``backward()``."""
        if self.alone:
            return network
        warnings.filterwarnings("ignore", "find_unused_parameters=True was specified")
        with self.connected():
            # find_unused_parameters keeps DDP from regrouping gradients after its first step. That would change the
            # order of summation: a resumed run of three or more processes would differ in the last bits.
            return nn.parallel.DistributedDataParallel(network, find_unused_parameters=True, broadcast_buffers=False)

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """Replace ``value`` by its mean over all processes and return it."""
        if not self.alone:
            dist.all_reduce(value)
            value /= self.world.size
        return value

    def synchronise(self, done: int, parts: Mapping[str, Any]) -> int:
        """Copy the state of the main process's parts to all others; return how many steps it has done."""
        if self.alone:
            return done
        parts = {name: parts[name] for name in SHARED if name in parts}
        buffer = io.BytesIO()
        if self.world.is_main:
            torch.save((done, {name: part.state_dict() for name, part in parts.items()}), buffer)
        message = [buffer.getvalue()]
        with self.connected():
            dist.broadcast_object_list(message, src=0)
        if not self.world.is_main:
            # Loaded on the CPU, because tensors of the first GPU would be created on that GPU again.
            done, states = torch.load(io.BytesIO(message[0]), map_location="cpu", weights_only=True)
            for name, part in parts.items():
                part.load_state_dict(states[name])
        return done

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Turn a lost connection into a UserError that names the process that failed."""
        try:
            yield
        except RuntimeError as error:
            if self.alone or exhausted(error) or not _is_of_connection(error):
                raise
            workers = self.world.workers
            failure = workers.failure(GRACE) if workers else ""
            reason = shorten(str(error), 120)
            raise UserError(
                failure or f"connection to the other processes of this training lost ({reason}). Run it again"
            ) from None

    def __enter__(self) -> "Group":
        return self

    def __exit__(self, *_: object) -> None:
        # The main process does the rest by itself.
        if self.world.workers:
            self.world.workers.dismiss()
        if not self.alone:
            dist.destroy_process_group()

    def _connect(self) -> None:
        backend, world = "nccl" if self.device.type == "cuda" else "gloo", self.world
        dist.init_process_group(backend, world.rendezvous, rank=world.rank, world_size=world.size)
        if not world.is_main:
            # There is a state to save from here on; before that, a signal may end each process by itself.
            ignore_signals()


def _is_of_connection(error: RuntimeError) -> bool:
    # gloo has no exception class of its own, but names its source file.
    return isinstance(error, dist.DistError) or "gloo" in str(error).lower()
