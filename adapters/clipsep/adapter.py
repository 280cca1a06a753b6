"""CLIPSep: a text to CLIP's vector, once; blocks of 4.1 s masked for it, longer audio in blocks that overlap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sepbench.networks.clip_text import ClipText, ClipTextSize, load_clip_text
from sepbench.networks.clipsep import (
    BLOCK,
    CLIPSEP_16K,
    EMBEDDING,
    ClipSep,
    ClipSepNit,
    clipsep_spectra,
    kept_whole,
    sound_of,
    spectrum_of,
)
from sepbench.networks.overlap_add import Overlap, Windows, overlap_add
from sepbench.networks.spectra import Spectra
from sepbench.networks.state_dict import load_weights, read_tensors, unwrapped
from sepbench.networks.text_tokens import Tokens, byte_tokens, clip_tokens
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless
from sepbench.separators.separator import Cost, Estimate, Request
from sepbench.separators.weight_files import path_of

FOLDER = Path(__file__).parent
CLIP, VOCABULARY, MERGES = (
    f"clip-vit-base-patch32/{name}" for name in ("pytorch_model.bin", "vocab.json", "merges.txt")
)
RATE = CLIPSEP_16K.sample_rate
WINDOWS = Overlap(window=BLOCK, margin=12288, fade=8191)
"""2.048 s apart: as many frames as the network's maps are halved to, so that they fall where they fell."""

KEPT_PROMPTS = 4096
COUNTED_TOKENS = 12
"""Of a prompt whose cost is told: a sentence of about ten words."""


def as_it_is(mask: Tensor) -> Tensor:
    """The share of each bin that is wanted."""
    return mask


MASKS: Mapping[str, Callable[[Tensor], Tensor]] = {"binary": kept_whole, "soft": as_it_is}
NETWORKS: Mapping[str, type[ClipSep]] = {"nit": ClipSepNit, "plain": ClipSep}


@dataclass(frozen=True)
class Networks:
    """The separator, and the text side of CLIP that it was trained with."""

    separator: ClipSep
    text: ClipText


class Adapter:
    """Reads the files, or draws them, when loaded; answers one request at a time, so that batches change nothing."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build the networks and put them on the device."""
        self._networks, self._tokens = trained(config) if config["checkpoint"] else untrained(config)
        self._device = device
        self._networks.separator.eval().to(device)
        self._networks.text.eval().requires_grad_(False).to(device)
        self._spectra = clipsep_spectra().to(device)
        self._mask, self._prompts = MASKS[config["mask"]], config["prompts"]
        self._embedded = lru_cache(KEPT_PROMPTS)(self._embed)

    def sketch(self, config: Mapping[str, Any]) -> None:
        """Every shape and no weights, for `cost`."""
        with torch.device("meta"):
            self._networks, self._spectra = sized(config), clipsep_spectra()
        self._networks.text.requires_grad_(False)
        self._mask, self._prompts = MASKS[config["mask"]], config["prompts"]

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request."""
        return [
            Estimate(
                one.item,
                overlap_add(partial(self._separated, embedding=self._embedded(one.query)), one.mixture, WINDOWS),
                RATE,
            )
            for one in requests
        ]

    def cost(self, seconds: float) -> Cost:
        """The U-Net on a block or more, and CLIP for the prompts of one query."""
        found = Networks(weightless(self._networks.separator), weightless(self._networks.text))
        spectra, blocks = weightless(self._spectra), len(WINDOWS.starts(round(seconds * RATE)))
        tokens = torch.ones((1, COUNTED_TOKENS), dtype=torch.long, device="meta")

        def run() -> None:
            for _ in self._prompts:
                found.text(tokens)
            for _ in range(blocks):
                block, embedding = torch.zeros(1, BLOCK, device="meta"), torch.zeros(1, EMBEDDING, device="meta")
                masked(found.separator, spectra, self._mask, block, embedding)

        parts = {
            "separator": NetworkPart(found.separator),
            "text encoder": NetworkPart(found.text, ("pipeline",), per_query=True),
        }
        return cost_of(seconds, run, parts)

    def _separated(self, heard: Windows, embedding: Tensor) -> Windows:
        """``(1, time)`` -> the same; what is shorter than a block is repeated to fill it, as in the original."""
        samples = heard.shape[1]
        block = torch.from_numpy(np.resize(heard, (1, BLOCK))).to(self._device)
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            estimate = masked(self._networks.separator, self._spectra, self._mask, block, embedding)
        found: Windows = estimate[:, :samples].cpu().numpy()
        return found

    def _embed(self, query: str) -> Tensor:
        """The mean over all prompts, ``(1, 512)``."""
        prompts = (prompt.replace("{query}", query) for prompt in self._prompts)
        vectors = torch.cat([self._networks.text.read(prompt, self._tokens) for prompt in prompts])
        return vectors.mean(dim=0, keepdim=True)


def masked(
    network: ClipSep, spectra: Spectra, mask: Callable[[Tensor], Tensor], block: Tensor, embedding: Tensor
) -> Tensor:
    """``(1, 65535)`` and ``(1, 512)`` -> ``(1, 65535)``, to the last frame's end."""
    spectrum = spectrum_of(spectra, block)
    kept = mask(network(spectrum.abs().float(), embedding))
    return sound_of(spectra, spectrum * kept, block.shape[1])


def trained(config: Mapping[str, Any]) -> tuple[Networks, Tokens]:
    """The published networks, out of the files that ``sepbench weights convert`` wrote."""
    found = sized(config)
    load_weights(found.separator, unwrapped(read_tensors(path_of(FOLDER, config["checkpoint"]))))
    load_clip_text(found.text, read_tensors(path_of(FOLDER, CLIP)))
    return found, clip_tokens(path_of(FOLDER, VOCABULARY), path_of(FOLDER, MERGES))


def untrained(config: Mapping[str, Any]) -> tuple[Networks, Tokens]:
    """Random weights, the same ones each time; texts are read byte by byte."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return sized(config), byte_tokens


def sized(config: Mapping[str, Any]) -> Networks:
    """As large as the settings say, with the weights that torch draws."""
    separator = NETWORKS[config["network"]](config["channels"], config["widths"])
    return Networks(separator, ClipText(ClipTextSize(**config["text"])))
