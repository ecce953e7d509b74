"""Score of a network during its training, for the key ``keep: best_on_<set>``."""

from collections.abc import Callable

import numpy as np
from torch import nn

from sr.evaluate import metrics
from sr.evaluate.benchmark import Rules, measure, packed_samples
from sr.evaluate.inference import super_resolve
from sr.evaluate.metrics import PRIMARY


def scored(folder: str, scale: int, min_size: int) -> Callable[[nn.Module], float]:
    """Return the function from a network to its mean PSNR on a packed set, by the field's protocol."""
    rules = Rules(crop_border=scale, tile=0, scale=scale)

    def score(network: nn.Module) -> float:
        def upscale(image: np.ndarray) -> np.ndarray:
            return super_resolve(network, image, scale, min_size=min_size)

        images = measure(upscale, packed_samples(folder, scale), rules)
        value = metrics.mean([image.values for image in images])[PRIMARY]
        return float("inf") if value is None else value

    return score
