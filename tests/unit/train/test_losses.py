"""L1, HFEN and the parameter loss, against textbook sums and finite differences."""

import numpy as np
import pytest
import torch

from sr.methods.dlsr.network import METHOD, PRIMITIVES, Network
from sr.nas.bilevel import Objective
from sr.train.losses import HFEN, ReconstructionLoss, ReleasedHFEN, gaussian_kernel


def log_filter(channel: np.ndarray) -> np.ndarray:
    """Return Gaussian 5x5 (sigma 1.5), then Laplacian, of one channel; border mirrored without its edge."""
    line = np.exp(-(np.arange(-2, 3) ** 2) / (2 * 1.5**2))
    gauss = np.outer(line, line) / line.sum() ** 2
    laplace = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    padded = np.pad(channel, 3, mode="reflect")
    height, width = channel.shape
    smooth = np.array(
        [[(padded[i : i + 5, j : j + 5] * gauss).sum() for j in range(width + 2)] for i in range(height + 2)]
    )
    return np.array([[(smooth[i : i + 3, j : j + 3] * laplace).sum() for j in range(width)] for i in range(height)])


@pytest.fixture
def images() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    a, b = (torch.rand(2, 3, 9, 8, generator=generator) * 255 for _ in range(2))
    return a, b


def test_hfen_equals_filtering_both_images(images: tuple[torch.Tensor, torch.Tensor]) -> None:
    a, b = (x.double().numpy() for x in images)
    expected = np.mean([np.abs(log_filter(a[n, c]) - log_filter(b[n, c])) for n in range(2) for c in range(3)])
    assert HFEN()(*images).item() == pytest.approx(expected, rel=1e-5)


def test_gaussian_sums_to_one_and_hfen_ignores_flat_differences() -> None:
    assert gaussian_kernel().sum().item() == pytest.approx(1, abs=1e-6)
    flat = torch.full((1, 3, 8, 8), 10.0)
    assert HFEN()(flat + 7, flat).item() == pytest.approx(0, abs=1e-4)


def test_reconstruction_loss_is_l1_plus_mu_hfen(images: tuple[torch.Tensor, torch.Tensor]) -> None:
    a, b = images
    expected = (a - b).abs().mean() + 0.2 * HFEN()(a, b)
    assert ReconstructionLoss(0.2)(a, b).item() == pytest.approx(expected.item(), rel=1e-6)
    assert ReconstructionLoss(0.0)(a, b).item() == pytest.approx((a - b).abs().mean().item(), rel=1e-6)


def test_hfen_gradient_agrees_with_finite_differences() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.rand(1, 2, 7, 7, generator=generator, dtype=torch.float64) * 255 for _ in range(2))
    assert torch.autograd.gradcheck(HFEN().double(), (a.requires_grad_(), b))


def test_parameter_loss_is_equation_9() -> None:
    supernet = METHOD.supernet(Network(channels=16, cells=4, network_level=True, pixel_range=1), 2)
    counts = {name: sum(p.numel() for p in make(16).parameters()) for name, make in PRIMITIVES.items()}
    shares = np.array([count / sum(counts.values()) for count in counts.values()])
    expected = sum(float(shares @ np.array(list(supernet.arch.table()[f"alpha_{i}"].values()))) for i in (1, 2, 3))
    assert supernet.parameter_loss().item() == pytest.approx(expected, rel=1e-5)
    # A layer that has decided for the lightest operation costs its share alone.
    with torch.no_grad():
        for i in (1, 2, 3):
            supernet.arch.logits[f"alpha_{i}"].copy_(torch.tensor([60.0] + [0.0] * 8))
    assert supernet.parameter_loss().item() == pytest.approx(3 * shares[0], rel=1e-5)


def released_edges(batch: np.ndarray) -> np.ndarray:
    """Return the authors' map of edges of (N, C, H, W), by loops: filtered, summed over colours, over its maximum."""
    line = np.exp(-(np.arange(-2, 3) ** 2) / (2 * 1.5**2))
    gauss = np.outer(line, line) / line.sum() ** 2
    laplace = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    maps = []
    for image in batch:
        height, width = (side - 4 for side in image.shape[1:])
        total = np.zeros((height, width))
        for channel in image:
            smooth = np.array(
                [[(channel[i : i + 5, j : j + 5] * gauss).sum() for j in range(width)] for i in range(height)]
            )
            framed = np.pad(smooth, 1)
            total += [[(framed[i : i + 3, j : j + 3] * laplace).sum() for j in range(width)] for i in range(height)]
        maps.append(total)
    return np.array(maps) / np.max(maps)


def test_released_hfen_equals_its_description(images: tuple[torch.Tensor, torch.Tensor]) -> None:
    a, b = (x.double().numpy() for x in images)
    expected = np.abs(released_edges(a) - released_edges(b)).mean()
    assert ReleasedHFEN().double()(*(x.double() for x in images)).item() == pytest.approx(expected, rel=1e-6)
    both = (images[0] - images[1]).abs().mean().item() + 0.2 * expected
    assert ReconstructionLoss(0.2, "released")(*images).item() == pytest.approx(both, rel=1e-5)


def test_released_hfen_has_a_gradient_and_takes_black_images() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.rand(1, 2, 7, 7, generator=generator, dtype=torch.float64) * 255 for _ in range(2))
    assert torch.autograd.gradcheck(ReleasedHFEN().double(), (a.requires_grad_(), b))
    black = torch.zeros(1, 3, 8, 8)
    assert ReleasedHFEN()(black, black).item() == 0


@pytest.mark.parametrize(("params_loss", "moves"), [("printed", True), ("released", False)])
def test_the_released_parameter_loss_moves_nothing(params_loss: str, moves: bool) -> None:
    """With a loss of images that is constant, only L_P can reach alpha."""
    supernet = METHOD.supernet(Network(channels=8, cells=3, network_level=True, pixel_range=1), 2)
    lr, hr = torch.rand(1, 3, 16, 16) * 255, torch.rand(1, 3, 32, 32) * 255

    def constant(sr: torch.Tensor, hr: torch.Tensor) -> torch.Tensor:
        return sr.sum() * 0.0

    objective = Objective(supernet, constant, 0.2, 1.0, 1.0, params_loss)
    value, _ = objective.architecture((lr, hr), (lr, hr))
    assert value.item() == pytest.approx(2 * 0.2 * supernet.parameter_loss().item(), rel=1e-5)
    value.backward()
    gradients = [supernet.arch.logits[f"alpha_{i}"].grad.abs().max().item() for i in (1, 2, 3)]
    assert all((gradient > 0) == moves for gradient in gradients)
