"""Audiobox Aesthetics of the package audiobox-aesthetics: four ratings of a clip stand in the place of a vector."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

AXES = ("CE", "CU", "PC", "PQ")
RATE = 16000


class Adapter:
    """Content enjoyment, content usefulness, production complexity and production quality, 1 to 10."""

    def load(self, config: dict[str, Any], _device: str) -> None:
        """Load the file at ``checkpoint``; the package takes the GPU that the process sees, if it sees one."""
        infer: Any = importlib.import_module("audiobox_aesthetics.infer")
        self.predictor = infer.AesPredictor(checkpoint_pth=config["checkpoint"], data_col="wav")

    def audio(self, clips: list[Any]) -> list[Any]:
        """Ratings of clips of any lengths."""
        import torch

        rated = self.predictor.forward([{"wav": torch.from_numpy(clip)[None], "sample_rate": RATE} for clip in clips])
        return [np.array([row[axis] for axis in AXES]) for row in rated]
