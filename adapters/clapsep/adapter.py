"""CLAPSep out of a checkout of its Space: a prompt for what to keep, and one for what to leave out.

Needs the interpreter of that repository: torch, laion_clap, torchlibrosa, loralib and what they ask for.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sepbench.separators.separator import Estimate, Request

STRETCH = 320_000
"""Samples that it hears at once, always so many: 10 s."""
LOUDEST, LOWERED = 1.0, 0.9
"""A mixture whose peak is beyond the one is lowered to the other first, as its own page does."""


class Adapter:
    """Asks `CLAPSep.inference_from_data`, as the Space's page does."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build the network of the checkout, and read both checkpoints."""
        sys.path.insert(0, config["repo"])
        from model.CLAPSep import CLAPSep
        from safetensors.torch import load_file

        network = CLAPSep(config["decoder"], config["weights"][config["clap"]])
        _read(network, load_file(config["weights"][config["checkpoint"]]))
        self._network, self._device = network.eval().to(device), device
        self._says_others = config["others"] == "said"

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request; each is asked alone."""
        return [Estimate(request.item, self._heard(request), request.sample_rate) for request in requests]

    def _heard(self, request: Request) -> Any:
        import torch

        others = ", ".join(text for text in request.prompts if text != request.query) if self._says_others else ""
        keep, leave = (request.query, others) if request.mode == "extract" else (others, request.query)
        samples = len(request.mixture)
        peak = float(np.max(np.abs(request.mixture), initial=0.0))
        gain = LOWERED / peak if peak > LOUDEST else 1.0
        padded = np.pad(request.mixture * np.float32(gain), (0, -samples % STRETCH)).reshape(-1, STRETCH)
        with torch.inference_mode():
            told = self._embedded(keep), self._embedded(leave)
            heard = [
                self._network.inference_from_data(torch.from_numpy(stretch)[None].to(self._device), *told)
                for stretch in padded
            ]
        return torch.cat(heard, dim=-1).reshape(-1)[:samples].float().cpu().numpy() / np.float32(gain)

    def _embedded(self, text: str) -> Any:
        """``(1, 512)``; zeros for what is not said. Some versions of laion_clap cannot be asked for one text alone."""
        found = self._network.clap_model.get_text_embedding([text, ""], use_tensor=True)[:1].to(self._device)
        return found if text else found * 0.0


def _read(network: Any, tensors: Mapping[str, Any]) -> None:
    """The checkpoint holds what was trained: the decoder and LoRA's tensors have to be in it."""
    missing = [
        name
        for name in network.load_state_dict(tensors, strict=False).missing_keys
        if name.startswith("decoder_model.") or "lora_" in name
    ]
    if missing:
        raise RuntimeError(f"the checkpoint lacks {len(missing)} tensors of the network, as {', '.join(missing[:3])}")
