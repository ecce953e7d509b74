"""A copy of a picture has its digest; a changed copy has almost its hash; another picture has neither."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from skimage import data

from sr.data.lookalikes import NEAR, picture

ASTRONAUT = data.astronaut()


def recompressed(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=30)
    return Image.open(buffer)


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG": recompressed,
    "half": lambda image: image.resize((image.width // 2, image.height // 2)),
    "bright": lambda image: image.point(lambda value: min(255, int(value * 1.1))),
    "gray": lambda image: image.convert("L").convert("RGB"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_near(change: str) -> None:
    original = picture("A/a", ASTRONAUT)
    copy = picture("B/b", np.array(CHANGES[change](Image.fromarray(ASTRONAUT))))
    distance = original.distance(copy)
    assert copy.digest != original.digest
    assert distance is not None
    assert distance <= NEAR


def test_other_pictures_are_far() -> None:
    images = [picture(name, getattr(data, name)()[..., :3]) for name in ("astronaut", "cat", "coffee", "rocket")]
    for number, first in enumerate(images):
        assert all((first.distance(second) or 0) > 2 * NEAR for second in images[number + 1 :])


def test_almost_flat_pictures_resemble_none() -> None:
    flat = picture("A/flat", np.full((64, 64, 3), 7, np.uint8))
    assert flat.distance(flat) is None
    assert flat.digest == picture("B/flat", np.full((64, 64, 3), 7, np.uint8)).digest


def test_the_shape_belongs_to_the_digest() -> None:
    wide, high = (np.zeros(shape, np.uint8) for shape in ((2, 8, 3), (8, 2, 3)))
    assert picture("A/a", wide).digest != picture("A/a", high).digest
