"""Rank stage: how good networks are with the weights of a supernet, before any training of their own.

A search trusts its supernet to rank architectures. Each network gets its share of the supernet's weights and is
measured on the search's validation images; the report compares that order with the one after retraining (Yu et al.,
ICLR 2020).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import torch

from sr.core.config import Params
from sr.core.errors import UserError
from sr.data.packed import Pairs
from sr.evaluate.formats import InheritedMetrics
from sr.evaluate.inference import ready, super_resolve
from sr.evaluate.metrics import crop, luma, psnr
from sr.methods import registry
from sr.methods.method import Method
from sr.methods.weights import load_supernet
from sr.nas.genotype import read_genotype
from sr.stages.search import SCALE, split
from sr.train.device import setup_device


def rank(
    params: Params, name: str, weights: Path, genotypes: Mapping[str, str], data: list[str], threads: int = 1
) -> InheritedMetrics:
    """Return the PSNR of each of ``genotypes`` ({model: file}) with the supernet's weights on its validation images."""
    model = params.model(name)
    method = registry.find(model.method)
    device = setup_device(params.device, threads, 0)
    supernet = method.supernet(model.network, SCALE)
    load_supernet(weights, supernet)
    pairs = Pairs(data, SCALE)
    _, images = split(len(pairs), model.search.validation_images)
    values = {}
    for other, file in genotypes.items():
        network = _inherited(method, model.network, supernet, file)
        values[other] = _psnr(ready(network, device), pairs, images)
        shown = "not finite" if values[other] is None else f"{values[other]:.2f} dB"
        print(f"{other} with the weights of {name}'s supernet: {shown}", flush=True)
    return InheritedMetrics(supernet=name, data_digests=pairs.digests, images=len(images), psnr=values)


def _inherited(method: Method, config: object, supernet: torch.nn.Module, file: str) -> torch.nn.Module:
    """Return the network of a genotype with its share of the supernet's weights."""
    genotype = read_genotype(file, method.genotype_type)
    network = method.network(genotype, method.searched(config), SCALE)
    network.load_state_dict(method.inherit(supernet, genotype))
    return network


def _psnr(network: torch.nn.Module, pairs: Pairs, images: Iterable[int]) -> float | None:
    """Return the mean PSNR on Y, border crop = scale; None if an output is not finite."""
    values = []
    for number in images:
        high, low = pairs[number]
        try:
            enlarged = super_resolve(network, low, SCALE)
        except UserError:  # not finite, or too small for the network
            return None
        values.append(psnr(crop(luma(enlarged), SCALE), crop(luma(high), SCALE)))
    return float(np.mean(values))
