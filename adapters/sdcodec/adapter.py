"""SDCodec: a mixture through the code books of the stem that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sepbench.networks.dac import SDCODEC_16K
from sepbench.networks.overlap_add import Overlap, Windows, overlap_add
from sepbench.networks.sdcodec import TRACKS, SdCodec, load_sdcodec
from sepbench.networks.state_dict import read_tensors
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless
from sepbench.separators.separator import Cost, Estimate, Request
from sepbench.separators.weight_files import path_of

FOLDER = Path(__file__).parent
RATE = SDCODEC_16K.sample_rate
WINDOWS = Overlap(window=30 * RATE, margin=RATE, fade=RATE)


class Adapter:
    """Reads a checkpoint, or draws one, when loaded; one request at a time, long ones by windows of 30 s."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build the codec and put it on the device."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self._codec = sized(config)
        if config["checkpoint"]:
            load_sdcodec(self._codec, read_tensors(path_of(FOLDER, config["checkpoint"])))
        self._device = device
        self._codec.eval().to(device)

    def sketch(self, config: Mapping[str, Any]) -> None:
        """Every shape and no weights, for `cost`."""
        with torch.device("meta"):
            self._codec = sized(config)

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request, whose query is a stem's name."""
        return [
            Estimate(one.item, overlap_add(partial(self._stem, one.query), one.mixture, WINDOWS), RATE)
            for one in requests
        ]

    def cost(self, seconds: float) -> Cost:
        """One stem."""
        codec, samples = weightless(self._codec), max(1, round(seconds * RATE))
        lengths = [min(WINDOWS.window, samples - start) for start in WINDOWS.starts(samples)]

        def run() -> None:
            for length in lengths:
                codec(torch.zeros(1, 1, length, device="meta"), TRACKS[0])

        parts = {name: NetworkPart(module) for name, module in codec.named_children()}
        return cost_of(seconds, run, parts)

    def _stem(self, stem: str, heard: Windows) -> Windows:
        """``(1, time)`` -> the same."""
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            estimates = self._codec(torch.from_numpy(np.ascontiguousarray(heard)).to(self._device)[:, None], stem)
        found: Windows = estimates[:, 0].cpu().numpy()
        return found


def sized(config: Mapping[str, Any]) -> SdCodec:
    """As large as the settings say, with the weights that torch draws."""
    widths = {"encoder_width": config["encoder_width"], "decoder_width": config["decoder_width"]}
    return SdCodec(replace(SDCODEC_16K, stages=config["stages"], **widths))
