"""AudioSep: a text to an embedding, once; a mixture and the embedding to an estimate, by windows where it is long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sepbench.audio import Audio
from sepbench.networks.clap_text import ClapText, TextSize, Tokenizer, embed_texts, text_part
from sepbench.networks.overlap_add import Windows, overlap_add
from sepbench.networks.resunet30 import CONDITION, ResUNet30, aligned_windows
from sepbench.networks.roberta_tokens import byte_tokens, roberta_tokens
from sepbench.networks.spectra import Framing
from sepbench.networks.state_dict import load_weights, read_tensors, without_prefix
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless
from sepbench.separators.separator import Cost, Estimate, Part, Request
from sepbench.separators.weight_files import path_of

FOLDER = Path(__file__).parent
TOKENIZER = ("roberta-base/vocab.json", "roberta-base/merges.txt")
KEPT_PROMPTS = 4096
COUNTED_TOKENS = 16
"""Of a prompt whose cost is told: a sentence of about ten words."""


@dataclass(frozen=True)
class Networks:
    """What one checkpoint holds, and the tokenizer that goes with it."""

    separator: ResUNet30
    text: ClapText
    tokenizer: Tokenizer


class Adapter:
    """Reads a checkpoint, or draws one, when loaded; separates whole clips up to 10.24 s, longer ones by windows."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build the networks and put them on the device."""
        found = trained(config) if config["checkpoint"] else untrained(config)
        self._device, self._tokenizer = device, found.tokenizer
        self._separator = found.separator.eval().to(device)
        self._text = found.text.eval().requires_grad_(False).to(device)  # frozen in training, and counted as such
        self._framing = found.separator.base.spectra.framing
        self._windows = aligned_windows(self._framing)
        self._embedded = lru_cache(KEPT_PROMPTS)(self._embed)

    def sketch(self, config: Mapping[str, Any]) -> None:
        """Every shape and no weights, for `cost`."""
        with torch.device("meta"):
            self._separator, self._text = sized(config)
        self._text.requires_grad_(False)
        self._device = "meta"
        self._framing = self._separator.base.spectra.framing
        self._windows = aligned_windows(self._framing)

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request, each alone: convolutions of several round otherwise, and who else was asked is not
        to be heard."""
        return [Estimate(one.item, self._answered(one), one.sample_rate) for one in requests]

    def cost(self, seconds: float) -> Cost:
        """The separator's network, the text encoder for one prompt, and the original's DFT, which is not done here."""
        samples = self._audible(round(seconds * self._framing.sample_rate))
        lengths = [min(self._windows.window, samples - start) for start in self._windows.starts(samples)]
        separator = weightless(self._separator)
        tokens = torch.ones((1, COUNTED_TOKENS), dtype=torch.long, device=self._device)

        def run() -> None:
            self._text(tokens)
            for length in lengths:
                separator(torch.zeros(1, 1, length, device="meta"), torch.zeros(1, CONDITION, device="meta"))

        parts = {
            "separator": NetworkPart(separator),
            "text encoder": NetworkPart(self._text, ("pipeline",), per_query=True),
        }
        counted = cost_of(seconds, run, parts)
        return replace(counted, parts={**counted.parts, "DFT of the original": self._original_dft(lengths)})

    def _answered(self, request: Request) -> Audio:
        condition = self._embedded(request.query)[None]
        if len(request.mixture) <= self._windows.window:
            return self._separated(request.mixture[None], condition)[0]
        return overlap_add(partial(self._separated, conditions=condition), request.mixture, self._windows)

    def _separated(self, mixtures: Windows, conditions: torch.Tensor) -> Windows:
        """``(batch, time)`` and ``(batch, 512)`` -> ``(batch, time)``; silence is added to what is too short."""
        samples = mixtures.shape[1]
        heard = np.pad(mixtures, ((0, 0), (0, self._audible(samples) - samples)))
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            estimates = self._separator(torch.from_numpy(heard).to(self._device)[:, None], conditions)
        cut: Windows = estimates[:, 0, :samples].cpu().numpy()
        return cut

    def _embed(self, text: str) -> torch.Tensor:
        """One text alone, so that nothing depends on which others stand beside it."""
        return embed_texts(self._text, [text], self._tokenizer)[0]

    def _audible(self, samples: int) -> int:
        """As many samples, or the fewest that the window can be laid over."""
        return max(samples, self._framing.window // 2 + 1)

    def _original_dft(self, lengths: Sequence[int]) -> Part:
        """Matrices with which the original convolves: part of its published size, and of no sum here."""
        shapes = [shape for name, shape in self._separator.fixed.items() if ".conv_" in name]
        numbers = sum(map(prod, shapes))
        frames = sum(1 + length // self._framing.hop for length in lengths)
        return Part(trainable=0, frozen=numbers, buffers=0, macs=frames * numbers, steps=len(lengths), scopes=())


def trained(config: Mapping[str, Any]) -> Networks:
    """The published networks, out of the file that ``sepbench weights convert`` wrote."""
    tensors = read_tensors(path_of(FOLDER, config["checkpoint"]))
    vocabulary, merges = (path_of(FOLDER, file) for file in TOKENIZER)
    separator, text = sized(config)
    load_weights(separator, without_prefix(tensors, "ss_model."))
    load_weights(text, text_part(without_prefix(tensors, "query_encoder.model.")))
    return Networks(separator, text, roberta_tokens(vocabulary, merges))


def untrained(config: Mapping[str, Any]) -> Networks:
    """Random weights, the same ones each time; texts are read byte by byte."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config["seed"])
        separator, text = sized(config)
    return Networks(separator, text, byte_tokens())


def sized(config: Mapping[str, Any]) -> tuple[ResUNet30, ClapText]:
    """Separator and text encoder as large as the settings say, with the weights that torch draws."""
    framing = Framing(config["rate"], config["window"], config["hop"])
    return ResUNet30(framing, widths=config["widths"]), ClapText(TextSize(**config["text"]))
