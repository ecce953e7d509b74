"""sr.data.packed and sr.data.sampler: packed pairs and the patches drawn from them."""

from pathlib import Path

import numpy as np
import pytest

from sr.core.errors import UserError
from sr.data.degrade import downscale
from sr.data.packed import Pairs, open_pack, pack
from sr.data.sampler import PatchSampler, seed_for


def test_pack_returns_the_same_pixels(packed_set: Path, photo: np.ndarray) -> None:
    hr = open_pack(packed_set / "hr.npy")
    assert hr.names == ["a", "b", "c"]
    np.testing.assert_array_equal(hr[2], photo[10:, 60:])
    assert isinstance(hr.pixels, np.memmap)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_pairs_are_aligned(packed_set: Path, scale: int) -> None:
    pairs = Pairs([packed_set], scale)
    for i in range(3):
        hr, lr = pairs[i]
        assert hr.shape == (lr.shape[0] * scale, lr.shape[1] * scale, 3)
        np.testing.assert_array_equal(downscale(hr, scale), lr)


def test_failed_pack_leaves_no_files(tmp_path: Path, photo: np.ndarray) -> None:
    def images():
        yield photo
        raise UserError("second image is corrupt")

    with pytest.raises(UserError):
        pack(tmp_path / "hr.npy", ["a", "b"], images(), "d", "S")
    assert list(tmp_path.iterdir()) == []


def test_truncated_pack_is_rejected(packed_set: Path) -> None:
    path = packed_set / "x2.npy"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"x2\.npy: not a packed set"):
        Pairs([packed_set], 2)


def test_pairs_of_different_images_are_rejected(packed_set: Path, photo: np.ndarray) -> None:
    pack(packed_set / "x2.npy", ["a", "b", "c"], [photo] * 3, "another digest", "Crops")
    with pytest.raises(UserError, match="not made from the images"):
        Pairs([packed_set], 2)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_patches_are_aligned_and_augmented(packed_set: Path, scale: int) -> None:
    """Downscaling an HR patch must give its LR patch, away from the patch's border, under all eight symmetries."""
    sampler = PatchSampler(Pairs([packed_set], scale), range(3), 24 * scale, 16, seed=1)
    lr, hr = sampler.draw()
    assert lr.shape == (16, 3, 24, 24)
    assert hr.shape == (16, 3, 24 * scale, 24 * scale)
    for low, high in zip(lr.numpy(), hr.numpy(), strict=True):
        again = downscale(high.transpose(1, 2, 0).astype(np.uint8), scale)[3:-3, 3:-3]
        # A flipped or rotated patch swaps the two rounding passes: one level of difference may remain.
        assert np.abs(again - low.transpose(1, 2, 0)[3:-3, 3:-3]).max() <= 1


def test_all_eight_symmetries_occur(tmp_path: Path) -> None:
    image = np.arange(64 * 64 * 3, dtype=np.uint32).reshape(64, 64, 3).astype(np.uint8)
    for part, step in (("hr", 1), ("x2", 2)):
        pack(tmp_path / f"{part}.npy", ["a"], [image[::step, ::step]], "d", "S")
    sampler = PatchSampler(Pairs([tmp_path], 2), [0], 64, 200, seed=0)
    seen = {patch.numpy().tobytes() for patch in sampler.draw()[1]}
    expected = {
        np.rot90(m, k).transpose(2, 0, 1).astype(np.float32).tobytes()
        for m in (image, image[:, ::-1])
        for k in range(4)
    }
    assert seen == expected


def test_same_seed_gives_the_same_batches(packed_set: Path) -> None:
    pairs = Pairs([packed_set], 2)
    one, two, other = (PatchSampler(pairs, range(3), 48, 4, seed) for seed in (7, 7, 8))
    for _ in range(3):
        a, b, c = one.draw()[0], two.draw()[0], other.draw()[0]
        assert (a == b).all()
        assert not (a == c).all()


def test_only_given_images_are_drawn(packed_set: Path) -> None:
    pairs = Pairs([packed_set], 2)
    sampler = PatchSampler(pairs, [1], pairs[1][0].shape[0], 8, seed=0)
    whole = np.sort(pairs[1][0].astype(np.float32), axis=None)
    np.testing.assert_array_equal(np.sort(sampler.draw()[1][0].numpy(), axis=None), whole)


def test_image_smaller_than_the_patch_is_named(packed_set: Path) -> None:
    with pytest.raises(
        UserError, match=r"training image a: LR size 72x60 is smaller than the patch of 64 \(hr_patch 128"
    ):
        PatchSampler(Pairs([packed_set], 2), range(3), 128, 4, seed=0)


def test_seeds_differ_by_purpose() -> None:
    seeds = {seed_for(0, "dlsr", "search"), seed_for(0, "dlsr", "retrain", 2), seed_for(1, "dlsr", "search")}
    assert len(seeds) == 3
    assert seed_for(0, "a") == seed_for(0, "a")
