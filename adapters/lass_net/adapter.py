"""LASS-Net: a text to a vector, once; a mixture and the vector to an estimate, in windows of 10 s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sepbench.networks.lassnet import LASSNET_32K, BertSize, LassNet, load_lassnet
from sepbench.networks.overlap_add import Overlap, Windows, overlap_add
from sepbench.networks.state_dict import read_tensors, unwrapped
from sepbench.networks.text_tokens import Tokens, bert_tokens, byte_tokens
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless
from sepbench.separators.separator import Cost, Estimate, Request
from sepbench.separators.weight_files import path_of

FOLDER = Path(__file__).parent
VOCABULARY = "bert-mini/vocab.txt"
RATE, HOP = LASSNET_32K.sample_rate, LASSNET_32K.hop
WINDOWS = Overlap(window=10 * RATE, margin=47 * HOP, fade=19 * HOP)
"""As long as the original hears, 8.192 s apart: that is four times the frames that the network's maps are halved to."""

KEPT_PROMPTS = 4096
COUNTED_TOKENS = 12
"""Of a prompt whose cost is told: a sentence of about ten words."""


@dataclass(frozen=True)
class Loaded:
    """A network and the tokens that it reads."""

    network: LassNet
    tokens: Tokens


class Adapter:
    """Reads a checkpoint, or draws one, when loaded; answers one request at a time, so that batches change nothing."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build the network and put it on the device."""
        found = trained(config) if config["checkpoint"] else untrained(config)
        self._device, self._tokens = device, found.tokens
        self._network = found.network.eval().to(device)
        self._embedded = lru_cache(KEPT_PROMPTS)(self._embed)

    def sketch(self, config: Mapping[str, Any]) -> None:
        """Every shape and no weights, for `cost`."""
        with torch.device("meta"):
            self._network = sized(config)

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request."""
        return [
            Estimate(
                one.item,
                overlap_add(partial(self._separated, condition=self._embedded(one.query)), one.mixture, WINDOWS),
                RATE,
            )
            for one in requests
        ]

    def cost(self, seconds: float) -> Cost:
        """The U-Net, 10 s at least, and the text encoder for one prompt."""
        network = weightless(self._network)
        windows = len(WINDOWS.starts(round(seconds * RATE)))

        def run() -> None:
            condition = network.text_embedder(torch.ones((1, COUNTED_TOKENS), dtype=torch.long, device="meta"))
            for _ in range(windows):
                network(torch.zeros(1, WINDOWS.window, device="meta"), condition)

        parts = {
            "separator": NetworkPart(network),
            "text encoder": NetworkPart(network.text_embedder, ("pipeline",), per_query=True),
        }
        return cost_of(seconds, run, parts)

    def _separated(self, heard: Windows, condition: Tensor) -> Windows:
        """``(1, time)`` -> the same; what is shorter than 10 s is heard with silence after it, as in the original."""
        samples = heard.shape[1]
        whole = torch.from_numpy(np.pad(heard, ((0, 0), (0, WINDOWS.window - samples)))).to(self._device)
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            estimate = self._network(whole, condition)
        found: Windows = estimate[:, :samples].cpu().numpy()
        return found

    def _embed(self, text: str) -> Tensor:
        with torch.inference_mode():
            vector: Tensor = self._network.text_embedder(torch.tensor([self._tokens(text)], device=self._device))
        return vector


def trained(config: Mapping[str, Any]) -> Loaded:
    """The published network, out of the file that ``sepbench weights convert`` wrote."""
    network = sized(config)
    load_lassnet(network, unwrapped(read_tensors(path_of(FOLDER, config["checkpoint"]))))
    return Loaded(network, bert_tokens(path_of(FOLDER, VOCABULARY)))


def untrained(config: Mapping[str, Any]) -> Loaded:
    """Random weights, the same ones each time; texts are read byte by byte."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Loaded(sized(config), byte_tokens)


def sized(config: Mapping[str, Any]) -> LassNet:
    """As large as the settings say, with the weights that torch draws."""
    return LassNet(config["widths"], BertSize(**config["text"]))
