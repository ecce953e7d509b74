"""Data parallelism: each process has the whole network and a share of the batch; gradients are averaged at each step.

The mean of equal shares' gradients is the gradient of the whole batch's mean loss, up to the order of sums. All begin
from the same weights and do the same update, so weights are never sent again. BatchNorm would see its share alone; no
network here has one.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from textwrap import shorten
from typing import Any

import torch
import torch.distributed as dist

from sr.core.errors import UserError
from sr.train.launch import GRACE, Seat, ignore_signals

# Beside weights and moments what decides the rest of a training; time and history belong to the first process.
SHARED = ("patches", "network", "optimiser", "losses")


class Group:
    """The processes that train one network; of a lone one, every method is trivial and costs nothing.

    A context manager around all that they do together.
    """

    def __init__(self, seat: Seat | None = None, device: torch.device | None = None) -> None:
        """Meet the others; all of them must come here."""
        self.seat, self.device = seat or Seat(), device or torch.device("cpu")
        self.alone = self.seat.size == 1
        if not self.alone:
            with self._connected():
                self._meet()

    def part(self, batch: int) -> slice:
        """Return this process's share of a batch, which ``size`` divides."""
        share = batch // self.seat.size
        return slice(self.seat.rank * share, (self.seat.rank + 1) * share)

    def all(self, flag: bool) -> bool:
        """Tell whether ``flag`` is set in every process."""
        if self.alone:
            return flag
        value = torch.tensor(int(flag), device=self.device)
        with self._connected():
            dist.all_reduce(value, dist.ReduceOp.MIN)
        return bool(value)

    def follow(self, done: int, parts: Mapping[str, Any]) -> int:
        """Bring all parts to the state of the first process's; return how many steps it has done."""
        if self.alone:
            return done
        parts, buffer = {name: parts[name] for name in SHARED if name in parts}, io.BytesIO()
        if self.seat.first:
            torch.save((done, {name: part.state_dict() for name, part in parts.items()}), buffer)
        message = [buffer.getvalue()]
        with self._connected():
            dist.broadcast_object_list(message, src=0)
        if not self.seat.first:
            # Through the CPU: a tensor of the first GPU would come to life there again.
            done, states = torch.load(io.BytesIO(message[0]), map_location="cpu", weights_only=True)
            for name, part in parts.items():
                part.load_state_dict(states[name])
        return done

    def average(self, tensor: torch.Tensor) -> None:
        """Replace ``tensor`` by its mean over all processes."""
        with self._connected():
            dist.all_reduce(tensor)
        tensor /= self.seat.size

    def __enter__(self) -> "Group":
        return self

    def __exit__(self, *_: object) -> None:
        # Nobody is needed any more: what is left to do, the first process does alone.
        if self.seat.peers:
            self.seat.peers.dismiss()
        if not self.alone:
            dist.destroy_process_group()

    def _meet(self) -> None:
        peers = self.seat.peers
        if peers:
            host, port = peers.server.getsockname()
            handle = peers.server.detach()
            # Lives as long as the group: all processes meet there, this one included.
            self._store = dist.TCPStore(host, port, is_master=True, wait_for_workers=False, master_listen_fd=handle)
        dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        if not self.seat.first:
            # Not before: until all have met there is no state to save, and a signal may end each of them.
            ignore_signals()

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Turn a lost connection into a UserError that names the peer that failed."""
        try:
            yield
        except RuntimeError as error:
            found = self.seat.peers.failure(GRACE) if self.seat.peers else ""
            reason = shorten(str(error), 120)
            raise UserError(
                found or f"connection to the other processes of this training lost ({reason}). Run it again"
            ) from None


class Average:
    """Means of gradients and loss over all processes, by one message a step.

    All gradients lie in one buffer, as the networks here have less than a million weights. DistributedDataParallel
    would send as few messages, but needs ``.backward()`` and a wrapper around the network, of which the step of a lone
    process, states and checkpoints would have to know.
    """

    def __init__(self, group: Group, weights: Sequence[torch.Tensor]) -> None:
        """Lay out the buffer: all ``weights``, in their memory order, and the loss."""
        sizes = [weight.numel() for weight in weights]
        self._group, self._all = group, torch.zeros(sum(sizes) + 1, device=weights[0].device, dtype=weights[0].dtype)
        parts = self._all[:-1].split(sizes)
        # Adam's kernel goes through memory: a gradient must lie in the order of its weight.
        self._gradients = [p.as_strided(w.shape, w.stride()) for p, w in zip(parts, weights, strict=True)]

    def __call__(
        self, gradients: Sequence[torch.Tensor], loss: torch.Tensor
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Return the means of this process's ``gradients`` and ``loss``; they hold until the next call."""
        torch._foreach_copy_(self._gradients, list(gradients))
        self._all[-1] = loss
        self._group.average(self._all)
        return self._gradients, self._all[-1].clone()
