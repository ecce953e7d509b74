"""Losses on images in 0..255: L1, and HFEN, the L1 distance of the images' edges.

DLSR section 3.3, eq. 7, 8, 10. The weights mu and gamma assume this range: on 0..1 the parameter
term would outweigh the reconstruction a hundredfold.
"""

import torch
import torch.nn.functional as F
from torch import nn


def gaussian_kernel(size: int = 5, sigma: float = 1.5) -> torch.Tensor:
    """Return a (size, size) Gaussian that sums to 1."""
    at = torch.arange(size, dtype=torch.float64) - size // 2
    line = torch.exp(-(at**2) / (2 * sigma**2))
    kernel = torch.outer(line, line)
    return (kernel / kernel.sum()).float()


LAPLACIAN = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])


class HFEN(nn.Module):
    """High Frequency Error Norm: mean |LoG(a) - LoG(b)|, LoG = Gaussian 5x5 (sigma 1.5), then 3x3 Laplacian.

    Both filters process each channel separately, with mirrored borders. LoG is linear, so one filter pass on a - b
    gives the same value.
    """

    kernel: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        log = F.conv2d(F.pad(gaussian_kernel()[None, None], (1, 1, 1, 1)), LAPLACIAN[None, None], padding=1)
        self.register_buffer("kernel", log, persistent=False)

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Return the mean over all pixels and channels of two (N, C, H, W) images."""
        difference = F.pad(a - b, (3, 3, 3, 3), mode="reflect")
        channels = difference.shape[1]
        return F.conv2d(difference, self.kernel.expand(channels, 1, 7, 7), groups=channels).abs().mean()


class ReleasedHFEN(nn.Module):
    """HFEN as the release of DLSR's authors computes it: on edges of any range, of the order of 0.01.

    Gaussian without a border, then one Laplacian of the sum over the channels, with a border of zeros. The map of each
    image batch is divided by its maximum before their L1 distance.
    """

    gaussian: torch.Tensor
    laplacian: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("gaussian", gaussian_kernel()[None, None], persistent=False)
        self.register_buffer("laplacian", LAPLACIAN[None, None].clone(), persistent=False)

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Return the mean over all pixels of two (N, C, H, W) images."""
        return (self._edges(a) - self._edges(b)).abs().mean()

    def _edges(self, x: torch.Tensor) -> torch.Tensor:
        # The sum over the channels first: both filters are linear and the same for each of them.
        edges = F.conv2d(F.conv2d(x.sum(1, keepdim=True), self.gaussian), self.laplacian, padding=1)
        maximum = edges.max()
        return edges / torch.where(maximum == 0, 1.0, maximum)


FORMS = {"printed": HFEN, "released": ReleasedHFEN}


class ReconstructionLoss(nn.Module):
    """L1 + mu * HFEN (DLSR eq. 10 without its last term); ``hfen`` is a key of FORMS."""

    def __init__(self, mu: float, hfen: str = "printed") -> None:
        super().__init__()
        self.mu = mu
        self.hfen = FORMS[hfen]()

    def forward(self, sr: torch.Tensor, hr: torch.Tensor) -> torch.Tensor:
        """Return the loss of two (N, 3, H, W) images in 0..255."""
        loss = (sr - hr).abs().mean()
        return loss + self.mu * self.hfen(sr, hr) if self.mu else loss
