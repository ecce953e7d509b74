"""sr.data.gpu_sampler: origin of the patches, and frequency of each symmetry."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sr.core.errors import UserError
from sr.data.gpu_sampler import GpuSampler, fits, sampler_for
from sr.data.packed import Pairs, pack
from sr.data.sampler import PatchSampler

CPU = torch.device("cpu")


def coded(folder: Path, scale: int) -> Pairs:
    """Return two pairs whose pixels encode their position: (image, row, column), in LR pixels."""
    lows = []
    for number, (height, width) in enumerate(((40, 30), (25, 50))):
        rows, columns = np.mgrid[:height, :width]
        lows.append(np.stack([np.full_like(rows, number), rows, columns], -1).astype(np.uint8))
    highs = [low.repeat(scale, 0).repeat(scale, 1) for low in lows]
    pack(folder / "hr.npy", ["a", "b"], highs, "d", "S")
    pack(folder / f"x{scale}.npy", ["a", "b"], lows, "d", "S")
    return Pairs([folder], scale)


def symmetries(patch: np.ndarray) -> list[np.ndarray]:
    """Return the eight symmetric variants of an (H, W, C) patch."""
    return [np.rot90(image, turns) for image in (patch, patch[:, ::-1]) for turns in range(4)]


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_every_pair_is_one_aligned_crop(tmp_path: Path, scale: int) -> None:
    pairs = coded(tmp_path, scale)
    sampler = GpuSampler(pairs, range(2), 12 * scale, 400, seed=3, device=CPU)
    low, high = sampler.draw()
    assert (low.shape, high.shape) == ((400, 3, 12, 12), (400, 3, 12 * scale, 12 * scale))
    assert low.dtype == high.dtype == torch.float32
    # Each HR pixel names its LR pixel: same position, same symmetry.
    torch.testing.assert_close(high, low.repeat_interleave(scale, 2).repeat_interleave(scale, 3), rtol=0, atol=0)
    counts, tops = np.zeros(8), set()
    for patch in low.permute(0, 2, 3, 1).numpy().astype(np.uint8):
        number, top, left = patch.reshape(-1, 3).min(0)
        assert (patch[..., 0] == number).all()
        crop = pairs[number][1][top : top + 12, left : left + 12]
        same = [i for i, image in enumerate(symmetries(crop)) if (image == patch).all()]
        assert len(same) == 1
        counts[same] += 1
        tops.add((int(number), int(top)))
    # 50 expected of each; a deviation of 30 has a chance below 1e-4.
    assert abs(counts - 50).max() < 30
    assert {top for number, top in tops if number == 1} == set(range(25 - 12 + 1))


def test_same_seed_same_batches_and_only_given_images(tmp_path: Path) -> None:
    pairs = coded(tmp_path, 2)
    one, two, other = (GpuSampler(pairs, [1], 24, 4, seed, CPU) for seed in (7, 7, 8))
    a, b, c = one.draw()[0], two.draw()[0], other.draw()[0]
    assert (a == b).all()
    assert not (a == c).all()
    assert (a[:, 0] == 1).all()


def test_only_a_gpu_holds_the_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs, gpu = coded(tmp_path, 2), torch.device("cuda")
    assert not fits(pairs, range(2), CPU)
    assert isinstance(sampler_for(pairs, range(2), 24, 4, 0, CPU), PatchSampler)
    size = sum(part.size for i in range(2) for part in pairs[i])
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2 * size, 9 * size))
    assert fits(pairs, range(2), gpu)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1.5 * size, 9 * size))
    assert not fits(pairs, range(2), gpu)


def test_image_smaller_than_the_patch_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="training image b"):
        GpuSampler(coded(tmp_path, 2), range(2), 60, 4, 0, CPU)
