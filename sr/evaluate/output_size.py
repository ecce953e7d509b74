"""Size of the image for which the papers count Mult-Adds. Needs no torch."""

HR_SIZE = (1280, 720)  # width, height


def lr_size(scale: int) -> tuple[int, int]:
    """Return (width, height) of the LR image behind a 1280x720 output."""
    return HR_SIZE[0] // scale, HR_SIZE[1] // scale
