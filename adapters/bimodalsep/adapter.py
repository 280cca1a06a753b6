"""BiModalSep: CLAP's reading of a text, once; blocks of 8.2 s masked for it, longer audio in blocks that overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sepbench.networks.bimodalsep import (
    BIMODALSEP_16K,
    BLOCK,
    BiModalSep,
    BiModalSepSize,
    TextVectors,
    load_bimodalsep,
)
from sepbench.networks.bimodalsep_text import TOKENS, read_text, text_vectors
from sepbench.networks.clap_text import ClapText, TextSize, Tokenizer, text_part
from sepbench.networks.overlap_add import Overlap, Windows, overlap_add
from sepbench.networks.roberta_tokens import byte_tokens, roberta_tokens
from sepbench.networks.state_dict import load_weights, read_tensors, unwrapped, without_prefix
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless
from sepbench.separators.separator import Cost, Estimate, Request
from sepbench.separators.weight_files import path_of

FOLDER = Path(__file__).parent
CLAP = "laion-clap/music_audioset_epoch_15_esc_90.14.pt"
VOCABULARY, MERGES = "roberta-base/vocab.json", "roberta-base/merges.txt"
RATE = BIMODALSEP_16K.sample_rate
WINDOWS = Overlap(window=BLOCK, margin=12288, fade=8190)
"""6.144 s apart: three times the frames that the network's maps are halved to, so that they fall where they fell."""

KEPT_PROMPTS = 256
"""Of 0.24 MB each."""


@dataclass(frozen=True)
class Networks:
    """The separator, and the text side of CLAP that it was trained with."""

    separator: BiModalSep
    text: ClapText


class Adapter:
    """Reads the files, or draws them, when loaded; answers one request at a time, so that batches change nothing."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build the networks and put them on the device."""
        self._networks, self._tokenizer = trained(config) if config["checkpoint"] else untrained(config)
        self._device = device
        self._networks.separator.eval().to(device)
        self._networks.text.eval().requires_grad_(False).to(device)
        self._read = lru_cache(KEPT_PROMPTS)(partial(read_text, self._networks.text, tokenizer=self._tokenizer))

    def sketch(self, config: Mapping[str, Any]) -> None:
        """Every shape and no weights, for `cost`."""
        with torch.device("meta"):
            self._networks = sized(config)
        self._networks.text.requires_grad_(False)

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request."""
        return [
            Estimate(
                one.item,
                overlap_add(partial(self._separated, text=self._read(one.query)), one.mixture, WINDOWS),
                RATE,
            )
            for one in requests
        ]

    def cost(self, seconds: float) -> Cost:
        """The U-Net on a block or more, and CLAP for one prompt."""
        separator, text = weightless(self._networks.separator), weightless(self._networks.text)
        blocks = len(WINDOWS.starts(round(seconds * RATE)))

        def run() -> None:
            vectors = text_vectors(text, torch.ones((1, TOKENS), dtype=torch.long, device="meta"))
            for _ in range(blocks):
                separator(torch.zeros(1, BLOCK, device="meta"), vectors)

        parts = {
            "separator": NetworkPart(separator),
            "text encoder": NetworkPart(text, ("pipeline",), per_query=True),
        }
        return cost_of(seconds, run, parts)

    def _separated(self, heard: Windows, text: TextVectors) -> Windows:
        """``(1, time)`` -> the same; silence follows what is shorter than a block, as in the original."""
        samples = heard.shape[1]
        block = torch.from_numpy(np.pad(heard, ((0, 0), (0, BLOCK - samples)))).to(self._device)
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            estimate = self._networks.separator(block, text)
        found: Windows = estimate[:, :samples].cpu().numpy()
        return found


def trained(config: Mapping[str, Any]) -> tuple[Networks, Tokenizer]:
    """The published networks, out of the files that ``sepbench weights convert`` wrote."""
    found = sized(config)
    load_bimodalsep(found.separator, unwrapped(read_tensors(path_of(FOLDER, config["checkpoint"]))))
    load_weights(found.text, text_part(without_prefix(read_tensors(path_of(FOLDER, CLAP)), "module.")))
    return found, roberta_tokens(path_of(FOLDER, VOCABULARY), path_of(FOLDER, MERGES))


def untrained(config: Mapping[str, Any]) -> tuple[Networks, Tokenizer]:
    """Random weights, the same ones each time; texts are read byte by byte."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return sized(config), byte_tokens()


def sized(config: Mapping[str, Any]) -> Networks:
    """As large as the settings say, with the weights that torch draws."""
    size = BiModalSepSize(**config["size"])
    return Networks(BiModalSep(size), ClapText(TextSize(**config["text"])))
