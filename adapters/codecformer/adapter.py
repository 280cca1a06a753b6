"""CodecFormer: two speakers apart among a codec's latent frames; the reference chooses the one that is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sepbench.audio import Audio, resample
from sepbench.networks.codecformer import CodecFormerMasker, load_codecformer
from sepbench.networks.dac import DESCRIPT_16K, Dac, load_dac
from sepbench.networks.latent_masker import MaskerSize
from sepbench.networks.overlap_add import Overlap, Windows, overlap_add
from sepbench.networks.state_dict import read_tensors
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless
from sepbench.separators.permutation import closest_output
from sepbench.separators.separator import Cost, Estimate, Request
from sepbench.separators.weight_files import path_of

FOLDER = Path(__file__).parent
RATE, CODEC_RATE = 8000, DESCRIPT_16K.sample_rate
WINDOWS = Overlap(window=20 * RATE, margin=RATE, fade=RATE)


@dataclass(frozen=True)
class Networks:
    """The masker, and the codec around it, without its quantiser."""

    masker: CodecFormerMasker
    codec: Dac


class Adapter:
    """Reads both files, or draws them, when loaded; one request at a time, long ones by windows of 20 s."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build both networks and put them on the device."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self._networks = sized(config)
        if config["masker_file"]:
            load_codecformer(self._networks.masker, read_tensors(path_of(FOLDER, config["masker_file"])))
            load_dac(self._networks.codec, read_tensors(path_of(FOLDER, config["codec_file"]), within="state_dict"))
        self._device = device
        self._networks.masker.eval().to(device)
        self._networks.codec.eval().to(device)

    def sketch(self, config: Mapping[str, Any]) -> None:
        """Every shape and no weights, for `cost`."""
        with torch.device("meta"):
            self._networks = sized(config)

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request."""
        return [Estimate(one.item, self._chosen(one), RATE) for one in requests]

    def cost(self, seconds: float) -> Cost:
        """Both speakers."""
        masker, codec = weightless(self._networks.masker), weightless(self._networks.codec)
        samples = max(1, round(seconds * RATE))
        lengths = [min(WINDOWS.window, samples - start) for start in WINDOWS.starts(samples)]

        def run() -> None:
            for length in lengths:
                speakers(Networks(masker, codec), torch.zeros(1, 1, length * CODEC_RATE // RATE, device="meta"))

        parts = {
            "masker": NetworkPart(masker),
            "encoder": NetworkPart(codec.encoder, ("pipeline",)),
            "decoder": NetworkPart(codec.decoder, ("pipeline",)),
        }
        return cost_of(seconds, run, parts)

    def _chosen(self, request: Request) -> Audio:
        """By windows, each of which names its speakers anew: the reference chooses in every one."""
        starts = iter(WINDOWS.starts(len(request.mixture)))
        wanted, _ = request.references

        def window(heard: Windows) -> Windows:
            start = next(starts)
            both = self._speakers(heard[0])
            return both[None, closest_output(both, wanted[start : start + heard.shape[1]])]

        return overlap_add(window, request.mixture, WINDOWS)

    def _speakers(self, heard: Audio) -> Windows:
        """``(time,)`` -> ``(2, time)``, each with the mixture's peak: the original norms both ends."""
        peak = float(np.abs(heard).max(initial=0.0))
        if peak == 0:
            return np.zeros((self._networks.masker.speakers, len(heard)), np.float32)
        wide = resample(heard / np.float32(peak), RATE, CODEC_RATE)
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            waves = speakers(self._networks, torch.from_numpy(np.ascontiguousarray(wide)).to(self._device)[None, None])
        narrow = np.stack([_fitted(resample(wave, CODEC_RATE, RATE), len(heard)) for wave in waves.cpu().numpy()])
        peaks = np.abs(narrow).max(axis=1, keepdims=True)
        levelled: Windows = (narrow / np.where(peaks > 0, peaks, 1.0) * peak).astype(np.float32)
        return levelled


def speakers(networks: Networks, mixture: torch.Tensor) -> torch.Tensor:
    """``(1, 1, time)`` at 16 kHz -> ``(2, time)``, a few samples more or fewer (see `Decoder`)."""
    latent = networks.codec.encoder(mixture)
    masked = (latent[:, None] * networks.masker(latent)).flatten(0, 1)
    waves: torch.Tensor = networks.codec.decoder(masked)[:, 0]
    return waves


def _fitted(wave: Audio, samples: int) -> Audio:
    """Cut, or with silence after it: the codec's frames are not the mixture's length."""
    return np.pad(wave[:samples], (0, max(0, samples - len(wave))))


def sized(config: Mapping[str, Any]) -> Networks:
    """As large as the settings say, with the weights that torch draws."""
    widths = {"encoder_width": config["encoder_width"], "decoder_width": config["decoder_width"]}
    codec = Dac(replace(DESCRIPT_16K, stages=config["stages"], **widths))
    return Networks(CodecFormerMasker(MaskerSize(**config["masker"])), codec)
