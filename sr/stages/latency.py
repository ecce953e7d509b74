"""Latency stage: all networks of a run and the other authors' beside them, timed in turns for one 1280x720 output."""

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np
import torch

from sr.core.errors import UserError
from sr.core.memory import memory
from sr.core.provenance import processor
from sr.core.settings import Device
from sr.data.peers import PeerNetwork
from sr.evaluate.inference import ready, super_resolve
from sr.evaluate.latency import Work, in_turns, lr_image, peak_memory
from sr.evaluate.latency_formats import Latency, Timing
from sr.evaluate.output_size import HR_SIZE
from sr.methods.cost_table import device_name
from sr.methods.releases import load_weights
from sr.stages.peers import open_network
from sr.train.device import setup_device

Key = tuple[str, int]  # model, scale


def measure(
    settings: Device,
    weights: Iterable[str],
    peers: Mapping[Key, PeerNetwork],
    rounds: int,
    warmup: int,
    threads: int,
) -> Latency:
    """Return time and memory of the networks in weights files ("MODEL=FILE" each) and of other authors.

    These run on the processor, whatever the device of the others.
    """
    device = setup_device(settings.device, threads, settings.seed)
    works = _own(weights, device)
    with memory("Use a machine with more"):
        peaks = {key: _peak(work, device) for key, work in works.items()}
        others = {key: partial(open_network(peer, threads), lr_image(key[1])) for key, peer in peers.items()}
        peaks |= {key: peak_memory(partial(_enlarge, peer, key[1])) for key, peer in peers.items()}
        seconds = in_turns({**works, **others}, rounds, warmup)
    return Latency(
        hr_size=list(HR_SIZE),
        device=device_name(device),
        processor=processor(),
        threads=threads,
        warmup=warmup,
        rounds=rounds,
        rows=[_timing(key, values, peaks[key]) for key, values in seconds.items()],
    )


def _own(words: Iterable[str], device: torch.device) -> dict[Key, Work]:
    """Return one enlargement by each network; raise UserError for what is no MODEL=FILE, and for one given twice."""
    works: dict[Key, Work] = {}
    for word in words:
        name, _, file = word.partition("=")
        if not (name and file):
            raise UserError(f"--weights: {word!r} is not MODEL=FILE. Write for example dlsr=x2.safetensors")
        trained = load_weights(file)
        if (name, trained.scale) in works:
            raise UserError(f"--weights: {name} at x{trained.scale} twice. Give each network once")
        # The result is an array in the processor's memory, so a GPU has finished when it is there.
        network, image = ready(trained.network(), device), lr_image(trained.scale)
        works[name, trained.scale] = partial(super_resolve, network, image, trained.scale)
    return works


def _peak(work: Work, device: torch.device) -> int | None:
    if device.type != "cuda":
        return peak_memory(work)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    work()
    return torch.cuda.max_memory_allocated(device) - before


def _enlarge(peer: PeerNetwork, scale: int) -> None:
    """Enlarge one image by a network that is loaded here, with one thread: a copied process has no others."""
    open_network(peer)(lr_image(scale))


def _timing(key: Key, seconds: list[float], peak: int | None) -> Timing:
    low, median, high = (round(float(value) * 1e3, 3) for value in np.quantile(seconds, [0.25, 0.5, 0.75]))
    return Timing(model=key[0], scale=key[1], median=median, low=low, high=high, peak_memory=peak)


def summary(result: Latency) -> str:
    """Return one line for each network."""
    return "\n".join(
        f"{row.model} x{row.scale}: {row.median:.1f} ms ({row.low:.1f} to {row.high:.1f}), "
        + (f"{row.peak_memory / 2**20:.0f} MiB" if row.peak_memory is not None else "memory not known")
        for row in result.rows
    )
