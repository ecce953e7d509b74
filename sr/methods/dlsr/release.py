"""Checkpoints in the layout of DLSR's authors, read into this project's names.

The tensors carry the names of the authors' code. They say neither which cells a cell reads nor in which order.
"""

from collections.abc import Mapping

import torch

from sr.methods.method import Layout

_CELL = {
    "c1_d": "distil.0",
    "c2_d": "distil.1",
    "c3_d": "distil.2",
    "c1_r.op": "operations.0",
    "c2_r.op": "operations.1",
    "c3_r.op": "operations.2",
    "c4": "last",
    "c5": "fuse",
    "esa.conv1": "attention.squeeze",
    "esa.conv_f": "attention.skip",
    "esa.conv2": "attention.stride",
    "esa.conv_max": "attention.coarse.0",
    "esa.conv3": "attention.coarse.1",
    "esa.conv3_": "attention.coarse.2",
    "esa.conv4": "attention.expand",
}
_OUTSIDE = {"fea_conv": "stem", "cout.0": "collect", "LR_conv": "tail", "upsampler.0": "upsampler.0"}


def recognise(state: Mapping[str, torch.Tensor]) -> Layout | None:
    """Return what the tensors of a checkpoint say, or None if they have not the names of DLSR's release."""
    if not {"fea_conv.weight", "B1.c1_d.weight", "B6.c5.weight", "c6.0.weight", "upsampler.0.weight"} <= set(state):
        return None
    try:
        channels = state["fea_conv.weight"].shape[0]
        scale = round((state["upsampler.0.weight"].shape[0] / 3) ** 0.5)
        renamed = {_rename(key): value for key, value in state.items()}
    except (KeyError, IndexError, ValueError):  # it has the names of the release, but not its layers
        return None
    return {"channels": channels, "cells": 6, "network_level": True, "pixel_range": 255}, scale, renamed


def _rename(key: str) -> str:
    module, _, leaf = key.rpartition(".")
    if module in _OUTSIDE:
        return f"{_OUTSIDE[module]}.{leaf}"
    if module.startswith("c"):  # c3.0 .. c6.0, the 1x1 in front of cells 3..6
        return f"merges.{int(module[1]) - 3}.{leaf}"
    block, _, inner = module.partition(".")
    if ".op." in module:
        # A separable or dilated operation begins with a ReLU, so index 0 means a plain convolution.
        layer, _, index = inner.rpartition(".")
        inner = _CELL[layer] + ("" if index == "0" else f".{index}")
    else:
        inner = _CELL[inner]
    return f"cells.{int(block[1:]) - 1}.{inner}.{leaf}"
