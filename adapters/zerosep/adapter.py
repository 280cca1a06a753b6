"""ZeroSep out of a checkout of WikiChao/ZeroSep: DDPM inversion of the mixture, and back with the wanted sound's text.

Needs the interpreter of that repository: torch, diffusers, transformers, soundfile and what its ``code/`` imports.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.separator import Estimate, Request

ETA = 1.0
FIX = 0.1
"""As in the repository's demo."""


class Adapter:
    """Asks the repository's functions in the order of its demo, with one text and no other."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Load the diffusion model out of its folder."""
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is fetched unasked
        sys.path.insert(0, os.path.join(config["repo"], "code"))  # noqa: PTH118
        from models import load_model

        folder = os.path.dirname(config["weights"][config["model"]])  # noqa: PTH120 - its name says which model it is
        self._model = load_model(folder, device, config["steps"])
        self._config, self._device = config, device

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request; the same noise for each, so that none depends on what was asked before."""
        return [self._estimate(request) for request in requests]

    def _estimate(self, request: Request) -> Estimate:
        import torch
        from ddm_inversion.inversion_utils import inversion_forward_process, inversion_reverse_process
        from utils import set_reproducability

        model, steps = self._model, self._config["steps"]
        set_reproducability(self._config["seed"], extreme=False)
        spectrogram, rate, seconds = self._spectrogram(request)
        with torch.inference_mode():
            _, noises, latents, extra = inversion_forward_process(
                model,
                model.vae_encode(spectrogram),
                etas=ETA,
                prompts=[""],
                cfg_scales=[self._config["source_guidance"]],
                prog_bar=False,
                num_inference_steps=steps,
                cutoff_points=None,
                numerical_fix=True,
                duration=seconds,
            )
            found, _ = inversion_reverse_process(
                model,
                xT=latents,
                tstart=torch.tensor([steps], dtype=torch.int),
                fix_alpha=FIX,
                etas=ETA,
                prompts=[request.query],
                neg_prompts=[""],
                cfg_scales=[self._config["target_guidance"]],
                prog_bar=False,
                zs=noises[:steps],
                cutoff_points=None,
                duration=seconds,
                extra_info=extra,
            )
            decoded = model.vae_decode(found)
            heard = model.decode_to_mel(decoded if decoded.dim() == 4 else decoded[None])
        samples = heard.reshape(-1)[: len(request.mixture)]  # its frames reach beyond the end
        return Estimate(request.item, samples.float().cpu().numpy(), rate)

    def _spectrogram(self, request: Request) -> Any:
        """What it makes of a file: mel spectrogram, sample rate, seconds."""
        import soundfile
        from utils import load_audio

        with tempfile.TemporaryDirectory(prefix="sepbench-") as folder:
            path = os.path.join(folder, "mixture.wav")  # noqa: PTH118 - it tells a file from samples by being text
            soundfile.write(path, request.mixture, request.sample_rate, subtype="FLOAT")
            return load_audio(
                path, self._model.get_fn_STFT(), device=self._device, stft=True, model_sr=self._model.get_sr()
            )
