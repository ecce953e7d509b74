"""Sizes of the images for which networks are counted. Needs no torch."""

HR_SIZE = (1280, 720)  # width, height
CHALLENGE_SIZE = (256, 256)  # of the LR image, in the challenges on efficient super-resolution


def lr_size(scale: int) -> tuple[int, int]:
    """Return (width, height) of the LR image behind a 1280x720 output."""
    return HR_SIZE[0] // scale, HR_SIZE[1] // scale
