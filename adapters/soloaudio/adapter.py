"""SoloAudio out of a checkout of WangHelin1997/SoloAudio, told by text: diffusion between latent frames at 24 kHz.

Needs the interpreter of that repository: torch, diffusers, transformers, PyYAML and what its autoencoder imports.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sepbench.separators.separator import Estimate, Request

FRAME = 480
"""Samples of one latent frame: 24 kHz at 50 frames a second."""
MOST_TOKENS = 10


class Adapter:
    """The repository's networks, and the way from noise to an estimate that its test of texts goes."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build what the repository's own settings say, and read both checkpoints."""
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is fetched unasked
        repository = Path(config["repo"])
        sys.path.insert(0, str(repository))
        import torch
        import yaml
        from diffusers import DDIMScheduler
        from model.udit import UDiT
        from safetensors.torch import load_file
        from transformers import AutoProcessor, ClapModel
        from vae_modules.autoencoder_wrapper import Autoencoder

        settings = yaml.safe_load((repository / "config" / "SoloAudio.yaml").read_text())
        self._network = UDiT(**settings["diffwrap"]["UDiT"])
        self._network.load_state_dict(load_file(config["weights"][config["checkpoint"]]))
        self._autoencoder = Autoencoder(config["weights"][config["autoencoder"]], "stable_vae", quantization_first=True)
        self._clap = ClapModel.from_pretrained(config["clap"])
        for network in (self._network, self._autoencoder, self._clap):
            network.eval().to(device)
        self._processor = AutoProcessor.from_pretrained(config["clap"])
        self._scheduler = DDIMScheduler(**settings["ddim"]["diffusers"])
        unconditional = np.load(repository / "pretrained_models" / "uncond.npz")["arr_0"]
        self._unconditional = torch.from_numpy(unconditional)[None].to(device)
        self._config, self._device = config, device

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request; the same noise for each, so that none depends on what was asked before."""
        return [Estimate(request.item, self._heard(request), request.sample_rate) for request in requests]

    def _heard(self, request: Request) -> Any:
        import torch

        samples = len(request.mixture)
        whole = np.pad(request.mixture, (0, -samples % FRAME))
        with torch.inference_mode():
            mixture = self._autoencoder(audio=torch.from_numpy(whole)[None, None].to(self._device))
            conditions = torch.cat([self._embedded(request.query), self._unconditional])
            heard = self._autoencoder(embedding=self._sampled(mixture, conditions))
        return heard.reshape(-1)[:samples].float().cpu().numpy()

    def _embedded(self, text: str) -> Any:
        """CLAP's vector of the text, cut or filled to the ten tokens of training; ``(1, 512)``."""
        words = self._processor(
            text=[text.replace("_", " ").lower()],
            max_length=MOST_TOKENS,
            padding="max_length",
            truncation=True,
            return_tensors="pt",
        )
        named = {name: words[name].to(self._device) for name in ("input_ids", "attention_mask")}
        return self._clap.get_text_features(**named)

    def _sampled(self, mixture: Any, conditions: Any) -> Any:
        """From noise to latent frames, told and untold at once and drawn apart by the guidance."""
        import torch

        generator = torch.Generator(device=self._device).manual_seed(self._config["seed"])
        found = torch.randn(mixture.shape, generator=generator, device=self._device)
        self._scheduler.set_timesteps(self._config["steps"])
        beside = torch.cat([mixture, mixture])
        for step in self._scheduler.timesteps:
            found = self._scheduler.scale_model_input(found, step)
            answer = self._network(x=torch.cat([found, found]), timesteps=step, mixture=beside, timbre=conditions)
            told, untold = answer.chunk(2)
            guided = untold + self._config["guidance"] * (told - untold)
            found = self._scheduler.step(
                model_output=guided, timestep=step, sample=found, eta=0, generator=generator
            ).prev_sample
        return found
