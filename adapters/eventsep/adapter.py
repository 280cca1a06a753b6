"""EventSep: a prompt to a sound event, its presence to a mask over time, and the masked mixture to other separators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sepbench.audio import Audio
from sepbench.errors import SepbenchError
from sepbench.networks.cnn14 import DecisionLevelAtt, DecisionLevelMax, event_scores
from sepbench.networks.cnn14_trunk import FRAMES_PER_SEGMENT, PANNS_32K
from sepbench.networks.state_dict import load_weights, read_tensors
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless
from sepbench.separators.bases import open_bases, sketch_bases
from sepbench.separators.composing import FOLDERS
from sepbench.separators.eventsep.audioset_classes import class_names
from sepbench.separators.eventsep.ensembles import FIRST_RATE, SECOND_RATE, Ensemble, merge
from sepbench.separators.eventsep.frame_masks import Scores, frame_mask, stretch
from sepbench.separators.eventsep.label_mapping import map_prompt
from sepbench.separators.eventsep.sentence_vectors import (
    FILES,
    Remembering,
    letter_vectors,
    sentence_network,
    sentence_vectors,
)
from sepbench.separators.seeds import seed_of
from sepbench.separators.separator import Cost, Estimate, Request
from sepbench.separators.weight_files import path_of

FOLDER = Path(__file__).parent
DETECTORS = {"att": DecisionLevelAtt, "max": DecisionLevelMax}
KEPT_PROMPTS = 4096
RATES = FIRST_RATE // SECOND_RATE
COUNTED_PROMPT = "a dog is barking in the distance while it rains"


class Adapter:
    """Opens detector, text encoder and bases when loaded; the mask is the only thing that it does to a mixture."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Read or draw the detector, and open the bases.

        Raises:
            SepbenchError: weights are missing, or the bases do not fit the ensemble.
        """
        self._config, self._device = config, device
        self._ensemble = chosen_ensemble(config)
        self._detector = (detector(config) if config["checkpoint"] else untrained(config)).eval().to(device)
        self._sentences = None
        if config["sentences"]:
            files = (path_of(FOLDER, f"{config['sentences']}/{name}") for name in FILES)
            self._sentences = sentence_network(*files, device).requires_grad_(False)
        embed = Remembering(letter_vectors if self._sentences is None else sentence_vectors(self._sentences))
        self._class_of = lru_cache(KEPT_PROMPTS)(
            lambda prompt: map_prompt(prompt, class_names(), label_map=config["label_map"], embed=embed).index
        )
        self._bases = open_bases(config, device)

    def sketch(self, config: Mapping[str, Any]) -> None:
        """Shapes of the detector and of the bases and no weights, for `cost`; without bases where nobody says where."""
        with torch.device("meta"):
            self._detector = DETECTORS[config["detector"]]().eval().requires_grad_(False)
        self._config, self._sentences = config, None
        self._bases = sketch_bases(config) if FOLDERS in config else []

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request, as long as its mixture, at 32 kHz."""
        if self._ensemble is not None and len(requests) > 1:
            # In bins where the first base left next to nothing its phase hangs on the last digit, which batches change.
            return [estimate for request in requests for estimate in self.separate([request])]
        gated = [replace(one, mixture=one.mixture * self._mask(one)) for one in requests]
        found = self._bases[0].estimates(gated, sample_rate=FIRST_RATE)
        if self._ensemble is not None:
            segments = [segment(one, self._config["segment_seconds"]) for one in gated]
            parts = self._bases[1].estimates([one.request for one in segments], sample_rate=SECOND_RATE)
            found = [
                merge(whole, part, start=one.start, ensemble=self._ensemble)[: len(whole)]
                for whole, part, one in zip(found, parts, segments, strict=True)
            ]
        return [Estimate(one.item, audio, FIRST_RATE) for one, audio in zip(requests, found, strict=True)]

    def cost(self, seconds: float) -> Cost | None:
        """The detector, the text encoder for one prompt, and the bases, each as it says; None where one does not."""
        found = self._own_cost(seconds)
        parts = dict(found.parts)
        for index, base in enumerate(self._bases):
            its = base.cost(min(seconds, self._config["segment_seconds"]) if index else seconds)
            if its is None:
                return None
            parts |= {f"{base.model.name}, {name}": part for name, part in its.parts.items()}
        return Cost(seconds, parts, found.dtype)

    def _own_cost(self, seconds: float) -> Cost:
        network = weightless(self._detector)
        heard = torch.zeros(1, audible(round(seconds * FIRST_RATE)), device="meta")
        parts = {"event detector": NetworkPart(network, ("pipeline",))}
        if self._sentences is not None:
            parts["sentence encoder"] = NetworkPart(self._sentences, ("pipeline",), per_query=True)

        def run() -> None:
            network(heard)
            if self._sentences is not None:
                sentence_vectors(self._sentences)([COUNTED_PROMPT])

        return cost_of(seconds, run, parts)

    def _mask(self, request: Request) -> Audio:
        scores = self._scores(request.mixture, self._class_of(request.query))
        mask = frame_mask(scores, mode=self._config["mask"], threshold=self._config["tau"])
        return stretch(mask, len(request.mixture))

    def _scores(self, mixture: Audio, label: int) -> Scores:
        """One class's scores in every frame; what is too short is heard with silence after it."""
        heard = np.pad(mixture, (0, audible(len(mixture)) - len(mixture)))
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            tags = self._detector(torch.from_numpy(heard).to(self._device)[None]).frames[0, :, label]
            scores: Scores = event_scores(tags, activation=self._config["sed_activation"]).cpu().numpy()
        return scores[: 1 + len(mixture) // PANNS_32K.framing.hop]


@dataclass(frozen=True)
class Segment:
    """A stretch of a mixture; `start` counts samples at the second base's rate."""

    request: Request
    start: int


def segment(request: Request, seconds: float) -> Segment:
    """The stretch that the second base hears: anywhere in a longer mixture, but always the same place for an item."""
    whole = -(-len(request.mixture) // RATES)
    length = min(whole, round(seconds * SECOND_RATE))
    seed = seed_of(request.item)
    start = int(np.random.Generator(np.random.PCG64(seed)).integers(whole - length + 1))
    here = slice(RATES * start, RATES * (start + length))
    heard = replace(
        request, mixture=request.mixture[here], references=tuple(reference[here] for reference in request.references)
    )
    return Segment(heard, start)


def audible(samples: int) -> int:
    """As many samples, or the fewest that the detector can tag."""
    return max(samples, (FRAMES_PER_SEGMENT - 1) * PANNS_32K.framing.hop)


def chosen_ensemble(config: Mapping[str, Any]) -> Ensemble | None:
    """How two estimates become one; None where the first base answers alone."""
    kind, bases = config["ensemble"], config["bases"]
    wanted = 1 if kind == "none" else 2
    if len(bases) != wanted:
        raise SepbenchError(f"bases for ensemble {kind}", given=", ".join(bases) or "none", wanted=str(wanted))
    if kind == "none":
        return None
    return Ensemble(kind, config["rate"], config["cutoff_hz"], config["rms_match"])


def detector(config: Mapping[str, Any]) -> DecisionLevelAtt | DecisionLevelMax:
    """The published event detector."""
    network = DETECTORS[config["detector"]]()
    load_weights(network, read_tensors(path_of(FOLDER, config["checkpoint"]), within="model"), fixed=network.fixed)
    return network.requires_grad_(False)


def untrained(config: Mapping[str, Any]) -> DecisionLevelAtt | DecisionLevelMax:
    """A small one with random weights, the same ones each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config["seed"])
        return DETECTORS[config["detector"]](widths=tuple(config["widths"])).requires_grad_(False)
