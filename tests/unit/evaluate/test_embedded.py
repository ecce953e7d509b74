"""Images inside JSON files: exact as PNG, close as WebP, the same bytes each time."""

import base64

import numpy as np
import pytest

from sr.evaluate import embedded


def test_png_is_exact_and_webp_close(photo: np.ndarray) -> None:
    image = photo[:100, :160]
    np.testing.assert_array_equal(embedded.decode(embedded.png(image)), image)
    whole = embedded.decode(embedded.webp(image))
    assert whole.shape == image.shape
    assert abs(whole.astype(float) - image).mean() < 6


def test_formats(photo: np.ndarray) -> None:
    assert base64.b64decode(embedded.png(photo)).startswith(b"\x89PNG")
    assert base64.b64decode(embedded.webp(photo))[8:12] == b"WEBP"


def test_bytes_are_deterministic(photo: np.ndarray) -> None:
    # A slice is no contiguous array.
    part = photo[3:50, 5:60]
    assert embedded.png(part) == embedded.png(part.copy())
    assert embedded.webp(part) == embedded.webp(part.copy())


@pytest.mark.parametrize("text", ["", "AAAA", "A*A="])
def test_anything_else_is_no_image(text: str) -> None:
    with pytest.raises((ValueError, OSError)):
        embedded.decode(text)
