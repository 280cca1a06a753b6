"""SAM Audio out of a checkout of facebookresearch/sam-audio: one call gives the wanted sound and the rest.

Needs the interpreter that the repository is installed in. Python 3.11 or newer, as it says.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.separator import Estimate, Request


class Adapter:
    """Asks `SAMAudio.separate` for one mixture at a time."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Read the model out of the folder that the hub's files lie in."""
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is fetched unasked: it knows text encoders by name
        sys.path.insert(0, config["repo"])
        from sam_audio import SAMAudio, SAMAudioProcessor

        folder = os.path.dirname(config["weights"][config["checkpoint"]])  # noqa: PTH120 - what it asks for is text
        self._processor = SAMAudioProcessor.from_pretrained(folder)
        self._model = SAMAudio.from_pretrained(folder).eval().to(device)
        self._config, self._device = config, device

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request; the same noise for each, so that none depends on what was asked before."""
        return [self._estimate(request) for request in requests]

    def _estimate(self, request: Request) -> Estimate:
        import torch

        audio = torch.from_numpy(request.mixture)[None]
        batch = self._processor(descriptions=[request.query.lower()], audios=[audio]).to(self._device)
        torch.manual_seed(self._config["seed"])
        with torch.inference_mode():
            found = self._model.separate(
                batch,
                predict_spans=self._config["predict_spans"],
                reranking_candidates=self._config["reranking_candidates"],
            )
        heard = found.target if request.mode == "extract" else found.residual
        samples = heard[0].reshape(-1)[: len(request.mixture)]  # it answers in whole frames of its codec
        return Estimate(request.item, samples.float().cpu().numpy(), self._processor.audio_sampling_rate)
