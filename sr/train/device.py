"""Where tensors live, and the settings that make a CPU run repeatable bit by bit."""

import torch

from sr.core.errors import UserError


def prepare(device: str, threads: int, seed: int, number: int = 0, processes: int = 1) -> torch.device:
    """Seed torch, set its threads and return the device that ``auto``, ``cpu`` or ``cuda`` stands for.

    A CPU run repeats bit by bit with the same seed and the same number of threads. Of several ``processes`` on this
    machine, each takes the GPU of its ``number``.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("device: cuda, but this machine has no usable GPU. Set device: auto or cpu in params.yaml")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        # CPU kernels repeat without it, and the call alone imports for two seconds.
        torch.use_deterministic_algorithms(True, warn_only=True)
        # 10 bits of mantissa in products, sums in float32: convolutions have it by default, matrix products not.
        torch.backends.cuda.matmul.allow_tf32 = True
        if processes > 1:
            return _gpu(number, processes)
    return torch.device(device)


def _gpu(number: int, processes: int) -> torch.device:
    """Return GPU ``number``, from now on the current one; raise UserError if there is not one for each process."""
    if (found := torch.cuda.device_count()) < processes:
        raise UserError(
            f"retrain.devices: {processes} processes need a GPU each, but this machine has {found}. "
            "Lower retrain.devices, or set device: cpu in params.yaml"
        )
    torch.cuda.set_device(number)
    return torch.device("cuda", number)
