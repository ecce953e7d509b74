"""The textbook's search step and ours: the same losses, weights and architecture after two steps."""

import pytest
import torch

from benchmarks.search import batch, pair
from sr.methods.dlsr import network as dlsr
from sr.methods.mran import network as mran

TINY = {
    "dlsr": dlsr.Network(channels=4, cells=3, network_level=True, pixel_range=1),
    "mran": mran.Network(
        channels=16,
        sampling=4,
        search_blocks=1,
        blocks=1,
        osb_nodes=3,
        asb_nodes=3,
        csrm=False,
        block="mrab",
        pixel_range=1,
    ),
}


@pytest.mark.parametrize("name", TINY)
def test_two_steps_of_the_search_are_the_textbooks(name: str) -> None:
    """In double precision, because Adam's first step turns the smallest gradient into a full step."""
    torch.manual_seed(2)
    theirs, ours = pair(name, TINY[name], torch.float64)
    for _ in range(2):
        train, validation = (tuple(t.double() for t in batch(2, 16)) for _ in range(2))
        assert ours(train, validation)[0].item() == pytest.approx(theirs(train, validation), rel=1e-9)
    plain, fused = theirs.supernet.state_dict(), ours.objective.supernet.state_dict()
    assert set(plain) >= {name for name in fused if name.startswith("arch.")}
    for name, value in ours.objective.supernet.named_parameters():
        torch.testing.assert_close(value.detach(), plain[name], rtol=1e-6, atol=1e-6, msg=name)
