"""CodecSep: a text to an embedding, once; a codec's latent masked for it, and decoded, by windows where it is long."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sepbench.audio import Audio
from sepbench.errors import SepbenchError
from sepbench.networks.clap_text import ClapText, TextSize, Tokenizer
from sepbench.networks.codecsep import CONDITION, PROMPT_TOKENS, CodecSep, embed_prompts, load_codecsep, split_weights
from sepbench.networks.codecsep_codes import quantise_tracks, separate_track, stream_bytes
from sepbench.networks.dac import SDCODEC_16K
from sepbench.networks.latent_masker import MaskerSize
from sepbench.networks.magnitude_shares import CODECSEP_SHARES, share_magnitudes
from sepbench.networks.overlap_add import Overlap, Windows, overlap_add
from sepbench.networks.roberta_tokens import byte_tokens, roberta_tokens
from sepbench.networks.sdcodec import TRACKS, TrackQuantisers
from sepbench.networks.spectra import Spectra
from sepbench.networks.state_dict import load_weights, read_tensors, without_prefix
from sepbench.networks.weight_norm import baked
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless
from sepbench.separators.separator import Cost, Estimate, Request
from sepbench.separators.weight_files import path_of

FOLDER = Path(__file__).parent
VOCABULARY, MERGES = "roberta-base/vocab.json", "roberta-base/merges.txt"
RATE = SDCODEC_16K.sample_rate

OTHER_TRACK = "sfx"
KEPT_PROMPTS = 4096


@dataclass(frozen=True)
class Networks:
    """What one checkpoint holds, and SDCodec's code books."""

    separator: CodecSep
    text: ClapText
    books: TrackQuantisers


class Adapter:
    """Reads a checkpoint, or draws one, when loaded; answers one request at a time, so that batches change nothing."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build the networks and put them on the device."""
        found, tokenizer = opened(config)
        self._hold(found, config)
        self._device, self._tokenizer = device, tokenizer
        for network in (found.separator, found.text, found.books):
            network.eval().to(device)
        self._spectra = Spectra(CODECSEP_SHARES).to(device)
        self._embedded = lru_cache(KEPT_PROMPTS)(self._embed)

    def sketch(self, config: Mapping[str, Any]) -> None:
        """Every shape and no weights, for `cost`."""
        with torch.device("meta"):
            self._hold(sized(config), config)

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request."""
        return [Estimate(request.item, self._answers[self._answer](request), RATE) for request in requests]

    def cost(self, seconds: float) -> Cost:
        """For one prompt: waveform to waveform, and between code streams, three of a mixture to one."""
        network, books, text = (weightless(one) for one in (self._networks.separator, self._networks.books, self._text))
        coder = weightless(books)
        samples = max(1, round(seconds * RATE))
        lengths = [min(self._windows.window, samples - start) for start in self._windows.starts(samples)]
        condition = torch.zeros(1, CONDITION, device="meta")

        def run() -> None:
            text(torch.ones((1, PROMPT_TOKENS), dtype=torch.long, device="meta"))
            for length in lengths:
                latent = network.encoder(torch.zeros(1, 1, length, device="meta"))
                streams = quantise_tracks(latent.expand(len(TRACKS), -1, -1), coder)
                network.decoder(separate_track(network, books, streams.codes, condition, OTHER_TRACK).latent)

        coded = self._answer == "code-stream"
        parts = {
            "masker": NetworkPart(network.separator, ("separator_only", "pipeline", "code_stream")),
            "FiLM": NetworkPart(network.film, ("separator_only", "pipeline", "code_stream"), per_query=True),
            "encoder": NetworkPart(network.encoder, ("pipeline",)),
            "decoder": NetworkPart(network.decoder, ("pipeline",)),
            "code books": NetworkPart(books, ("pipeline", "code_stream") if coded else ("code_stream",)),
            "coding the mixture": NetworkPart(coder, ("pipeline",) if coded else ()),
            "text encoder": NetworkPart(text, ("pipeline",), per_query=True),
        }
        counted = cost_of(seconds, run, parts)
        coding = replace(counted.parts["coding the mixture"], trainable=0, frozen=0)  # with the same code books
        return replace(counted, parts={**counted.parts, "coding the mixture": coding})

    def _hold(self, found: Networks, config: Mapping[str, Any]) -> None:
        self._networks, self._text, self._answer = found, found.text, config["answer"]
        self._windows = windows(config)
        for frozen in (found.separator.encoder, found.separator.decoder, found.text, found.books):
            frozen.requires_grad_(False)  # as in training
        self._answers: Mapping[str, Callable[[Request], Audio]] = {
            "raw": self._raw,
            "magnorm": self._shared,
            "code-stream": self._streamed,
        }

    def _raw(self, request: Request) -> Audio:
        return self._decoded(request.mixture, request.query)

    def _decoded(self, mixture: Audio, prompt: str) -> Audio:
        condition = self._embedded(prompt)

        def window(heard: Tensor) -> Tensor:
            estimate: Tensor = self._networks.separator(heard, condition)
            return estimate

        return self._by_windows(window, mixture)

    def _shared(self, request: Request) -> Audio:
        """Shares of the mixture's magnitudes among the estimates of all prompts."""
        prompts = tuple(dict.fromkeys(request.prompts))
        if request.query not in prompts or len(prompts) < 2:
            raise SepbenchError(
                "magnitudes cannot be shared among the sources",
                given=f"prompts: {', '.join(prompts) or 'none'}",
                wanted="a prompt for every source that sounds, the query among them",
                remedy="choose a suite with a query for every source, or codecsep:raw",
            )
        estimates = np.stack([self._decoded(request.mixture, prompt) for prompt in prompts])
        samples = len(request.mixture)
        margin = max(0, CODECSEP_SHARES.window // 2 + 1 - samples)
        mixture, sources = (
            torch.from_numpy(np.pad(one, [(0, 0)] * (one.ndim - 1) + [(0, margin)])).to(self._device)
            for one in (request.mixture, estimates)
        )
        shares = share_magnitudes(mixture, sources, self._spectra)[prompts.index(request.query), :samples]
        found: Audio = shares.cpu().numpy()
        return found

    def _streamed(self, request: Request) -> Audio:
        """Through codes: the mixture's three streams in, one out; the log says how many bytes each took."""
        condition, track, taken = self._embedded(request.query), track_of(request.query), [0, 0]
        network, books = self._networks.separator, self._networks.books

        def window(heard: Tensor) -> Tensor:
            streams = quantise_tracks(network.encoder(heard).expand(len(TRACKS), -1, -1), books)
            out = separate_track(network, books, streams.codes, condition, track)
            taken[0] += stream_bytes(streams.codes)
            taken[1] += stream_bytes(out.codes)
            waveform: Tensor = network.decoder(books.of(track).from_codes(out.codes))
            return waveform[..., : heard.shape[-1]]

        estimate = self._by_windows(window, request.mixture)
        print(f"{request.item}: {taken[0]} bytes of codes in, {taken[1]} out as {track}", file=sys.stderr)
        return estimate

    def _by_windows(self, window: Callable[[Tensor], Tensor], mixture: Audio) -> Audio:
        return overlap_add(partial(self._run, window), mixture, self._windows)

    def _run(self, window: Callable[[Tensor], Tensor], heard: Windows) -> Windows:
        """``(1, time)`` -> the same."""
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            estimates = window(torch.from_numpy(np.ascontiguousarray(heard)).to(self._device)[:, None])
        found: Windows = estimates[:, 0].cpu().numpy()
        return found

    def _embed(self, prompt: str) -> Tensor:
        return embed_prompts(self._text, [prompt], self._tokenizer)


def track_of(prompt: str) -> str:
    """Whose code books an estimate is coded with: the track that the prompt names, or sound effects."""
    return prompt.lower() if prompt.lower() in TRACKS else OTHER_TRACK


def windows(config: Mapping[str, Any]) -> Overlap:
    """Whole latent frames, and no more than the masker's table of positions has."""
    return Overlap(window=config["window_seconds"] * RATE, margin=RATE, fade=RATE)


def opened(config: Mapping[str, Any]) -> tuple[Networks, Tokenizer]:
    """The networks that the settings name: of the adapter's own file, of the user's, or drawn."""
    if config["own"]:
        return filled(config, FOLDER / config["own"]), byte_tokens()
    return trained(config) if config["checkpoint"] else untrained(config)


def filled(config: Mapping[str, Any], checkpoint: Path) -> Networks:
    """Separator and text tower out of one file; the code books stay as drawn."""
    weights = split_weights(read_tensors(checkpoint))
    found = sized(config)
    load_codecsep(found.separator, weights.separator)
    load_weights(found.text, weights.text)
    return found


def trained(config: Mapping[str, Any]) -> tuple[Networks, Tokenizer]:
    """The user's networks, out of the file that ``sepbench weights convert`` wrote, and SDCodec's where codes flow."""
    found = filled(config, path_of(FOLDER, config["checkpoint"]))
    if books := config["books"]:
        load_weights(found.books, baked(without_prefix(read_tensors(path_of(FOLDER, books)), "quantizer.")))
    return found, roberta_tokens(path_of(FOLDER, VOCABULARY), path_of(FOLDER, MERGES))


def untrained(config: Mapping[str, Any]) -> tuple[Networks, Tokenizer]:
    """Random weights, the same ones each time; texts are read byte by byte."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return sized(config), byte_tokens()


def sized(config: Mapping[str, Any]) -> Networks:
    """Networks as large as the settings say, with the weights that torch draws."""
    widths = {"encoder_width": config["encoder_width"], "decoder_width": config["decoder_width"]}
    codec = replace(SDCODEC_16K, strides=tuple(config["strides"]), stages=config["stages"], **widths)
    separator = CodecSep(codec, MaskerSize(**config["masker"]))
    return Networks(separator, ClapText(TextSize(**config["text"])), TrackQuantisers(codec))
