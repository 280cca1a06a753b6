"""TDANet: two speakers apart; the reference chooses the one that is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sepbench.audio import Audio
from sepbench.networks.overlap_add import Overlap, Windows, overlap_add
from sepbench.networks.state_dict import load_weights, read_tensors
from sepbench.networks.tdanet import TdaNetSize, tdanet_best
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless
from sepbench.separators.permutation import closest_output
from sepbench.separators.separator import Cost, Estimate, Request
from sepbench.separators.weight_files import path_of

FOLDER = Path(__file__).parent
RATE = 16000
WITHIN = "state_dict"
WINDOWS = Overlap(window=20 * RATE, margin=RATE, fade=RATE)


class Adapter:
    """Reads a checkpoint, or draws one, when loaded; one request at a time: clips of a batch would hear each other."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build the network and put it on the device."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self._network = tdanet_best(TdaNetSize(**config["size"]))
        if config["checkpoint"]:
            load_weights(self._network, read_tensors(path_of(FOLDER, config["checkpoint"]), within=WITHIN))
        self._device = device
        self._network.eval().to(device)

    def sketch(self, config: Mapping[str, Any]) -> None:
        """Every shape and no weights, for `cost`."""
        with torch.device("meta"):
            self._network = tdanet_best(TdaNetSize(**config["size"]))

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request."""
        return [Estimate(one.item, self._chosen(one), RATE) for one in requests]

    def cost(self, seconds: float) -> Cost:
        """Both speakers."""
        network, samples = weightless(self._network), max(1, round(seconds * RATE))
        lengths = [min(WINDOWS.window, samples - start) for start in WINDOWS.starts(samples)]

        def run() -> None:
            for length in lengths:
                network(torch.zeros(1, length, device="meta"))

        return cost_of(seconds, run, {"separator": NetworkPart(network)})

    def _chosen(self, request: Request) -> Audio:
        """By windows, each of which names its speakers anew: the reference chooses in every one."""
        starts = iter(WINDOWS.starts(len(request.mixture)))
        wanted, _ = request.references

        def window(heard: Windows) -> Windows:
            start = next(starts)
            speakers = self._speakers(heard)
            return speakers[None, closest_output(speakers, wanted[start : start + heard.shape[1]])]

        return overlap_add(window, request.mixture, WINDOWS)

    def _speakers(self, heard: Windows) -> Windows:
        """``(1, time)`` -> ``(2, time)``."""
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            speakers = self._network(torch.from_numpy(np.ascontiguousarray(heard)).to(self._device))[0]
        found: Windows = speakers.cpu().numpy()
        return found
