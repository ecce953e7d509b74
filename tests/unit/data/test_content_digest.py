"""sr.data.content_digest: which differences between sets it sees."""

from pathlib import Path

import numpy as np
from PIL import Image

from sr.data.content_digest import ContentDigest
from sr.data.images import read_rgb


def test_digest_ignores_the_container_but_not_pixels_names_or_shape(tmp_path: Path) -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)

    def digest(file: str, image: np.ndarray) -> str:
        path = tmp_path / file
        Image.fromarray(image).save(path)
        result = ContentDigest()
        result.update(path.stem, read_rgb(path))
        return result.hexdigest()

    original = digest("a.png", pixels)
    assert digest("a.bmp", pixels) == original
    changed = [digest("b.png", pixels), digest("a.tif", pixels ^ 1), digest("a.tiff", pixels.reshape(4, 2, 3))]
    assert len({original, *changed}) == 4


def test_digest_of_a_view_is_that_of_its_pixels() -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    view, copy = ContentDigest(), ContentDigest()
    view.update("a", pixels[:, 1:3])
    copy.update("a", pixels[:, 1:3].copy())
    assert view.hexdigest() == copy.hexdigest()
