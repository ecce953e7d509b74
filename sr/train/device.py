"""Device of a run, and the settings that make a CPU run repeatable bit by bit."""

import torch

from sr.core.errors import UserError


def setup_device(device: str, threads: int, seed: int, local_rank: int = 0, local_size: int = 1) -> torch.device:
    """Seed torch, set its threads and return the device that ``auto``, ``cpu`` or ``cuda`` means here.

    A CPU run repeats bit by bit with the same seed and the same number of threads. Each of ``local_size`` processes on
    this machine gets the GPU of its ``local_rank``.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("device: cuda, but this machine has no usable GPU. Set device: auto or cpu in params.yaml")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        # CPU kernels are deterministic without it, and the call alone spends two seconds on imports.
        torch.use_deterministic_algorithms(True, warn_only=True)
        # TF32 (products with 10 bits of mantissa, sums in float32) is the default for convolutions only.
        torch.backends.cuda.matmul.allow_tf32 = True
        if local_size > 1:
            return _gpu(local_rank, local_size)
    return torch.device(device)


def _gpu(local_rank: int, local_size: int) -> torch.device:
    """Select and return GPU ``local_rank``; raise UserError if there is not one for each process."""
    count = torch.cuda.device_count()
    if count < local_size:
        raise UserError(
            f"retrain.devices: {local_size} processes need a GPU each, but this machine has {count}. "
            "Lower retrain.devices, or set device: cpu in params.yaml"
        )
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)
