"""Weights files: what they say of themselves, and refusals of what does not fit."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from sr.core.errors import UserError
from sr.methods.dlsr.network import METHOD, Network
from sr.methods.releases import load_weights
from sr.methods.weights import save_weights
from sr.nas.genotype import read_genotype
from sr.stages.retrain import warm
from tests.conftest import REPO

GENOTYPE = read_genotype(REPO / "data" / "genotypes" / "dlsr.json", METHOD.genotype_type)
SMALL = Network(channels=8, cells=6, network_level=True, pixel_range=1)


def saved(path: Path, channels: int = 8, scale: int = 2) -> torch.nn.Module:
    config = SMALL.replace(channels=channels)
    network = METHOD.network(GENOTYPE, config, scale)
    save_weights(path, network, METHOD, GENOTYPE, config, scale)
    return network


def test_weights_survive_save_and_load(tmp_path: Path) -> None:
    network = saved(tmp_path / "x3.safetensors", scale=3)
    trained = load_weights(tmp_path / "x3.safetensors")
    assert (trained.method.name, trained.scale, trained.config) == ("dlsr", 3, SMALL)
    assert trained.genotype.without_evidence() == GENOTYPE.without_evidence()
    for key, value in trained.network().state_dict().items():
        assert torch.equal(value, network.state_dict()[key])


def test_same_weights_give_the_same_file(tmp_path: Path) -> None:
    network = saved(tmp_path / "a.safetensors")
    save_weights(tmp_path / "b.safetensors", network, METHOD, GENOTYPE, SMALL, 2)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_warm_start_copies_all_but_the_upsampler(tmp_path: Path) -> None:
    source = saved(tmp_path / "x2.safetensors").state_dict()
    target = METHOD.network(GENOTYPE, SMALL, 4)
    before = {k: v.clone() for k, v in target.state_dict().items()}
    warm(target, tmp_path / "x2.safetensors")
    for key, value in target.state_dict().items():
        assert torch.equal(value, before[key] if key.startswith("upsampler.") else source[key]), key


def test_warm_start_from_another_width_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "x2.safetensors", channels=12)
    with pytest.raises(UserError, match=r"x2\.safetensors: the weights do not fit this network, first at 'cells\.0"):
        warm(METHOD.network(GENOTYPE, SMALL, 4), tmp_path / "x2.safetensors")


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x80\x02}q\x00."])
@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_what_is_no_weights_file_is_refused(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"w\{suffix}: ") as error:
        load_weights(path)
    assert "\n" not in str(error.value)


def test_foreign_safetensors_and_unknown_networks_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors")
    with pytest.raises(UserError, match="not weights of this project"):
        load_weights(tmp_path / "a.safetensors")
    torch.save({"state_dict": {"conv.weight": torch.zeros(1)}}, tmp_path / "a.pt")
    with pytest.raises(UserError, match="weights of an unknown network. Known releases: dlsr_released, "):
        load_weights(tmp_path / "a.pt")


def test_pickles_with_code_are_not_executed(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "owned",))

    torch.save({"state_dict": Evil()}, tmp_path / "evil.pt")
    with pytest.raises(UserError, match="cannot be read as weights"):
        load_weights(tmp_path / "evil.pt")
    assert not (tmp_path / "owned").exists()


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.pt: no such weights file"):
        load_weights(tmp_path / "nowhere.pt")
