"""SAM Audio Judge of the package sam_audio: what was asked, what was heard and what came out, and four ratings back.

It answers the question that separators are asked: a request holds the mixture, the query, and the output to be judged
in the place of a reference; the "audio" of the answer is the four ratings.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

AXES = ("overall", "recall", "precision", "faithfulness")


class Adapter:
    """The judge, loaded from a folder as the hub has it."""

    def load(self, config: dict[str, Any], device: str) -> None:
        """Load the folder at ``checkpoint``."""
        package: Any = importlib.import_module("sam_audio")
        self.device = device
        self.processor = package.SAMAudioJudgeProcessor.from_pretrained(config["checkpoint"])
        self.model = package.SAMAudioJudgeModel.from_pretrained(config["checkpoint"]).to(device).eval()

    def separate(self, requests: Sequence[Any]) -> list[Any]:
        """The ratings of each request, in the order of `AXES`."""
        return [self._judged(request) for request in requests]

    def _judged(self, request: Any) -> Any:
        import torch

        (output,) = request.references
        with torch.inference_mode():
            inputs = self.processor(
                text=[request.query],
                input_audio=[torch.from_numpy(request.mixture)[None]],
                separated_audio=[torch.from_numpy(output)[None]],
                sampling_rate=request.sample_rate,
            )
            found = self.model(**inputs.to(self.device))
        ratings = np.array([getattr(found, axis).item() for axis in AXES], dtype=np.float32)
        return SimpleNamespace(item=request.item, audio=ratings, sample_rate=request.sample_rate)
