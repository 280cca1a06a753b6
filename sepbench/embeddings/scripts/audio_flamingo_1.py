"""The first Audio Flamingo, by its authors' inference code (branch ``legacy_audio_flamingo_1``, folder ``inference``).

Their code reads files, scales every clip by its peak and quantises it to 16 bits; all of that is kept. The clip is
described as in their examples: the task prefix, then `PROMPT`. The text attends to the audio from the token
``<audio>`` on, and the layer before the last is averaged from there to the end.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

PREFIX = "The task is audio captioning."
PROMPT = "Describe the sound in a sentence."
RATE = 44100
MOST_TOKENS = 512


class Adapter:
    """The foundation checkpoint."""

    def load(self, config: dict[str, Any], device: str) -> None:
        """Build the network and fill it.

        Args:
            config: paths: ``repository`` of the code, ``checkpoint`` of the model, ``ears`` of its MS-CLAP.
        """
        inference = Path(config["repository"]) / "inference"
        sys.path.insert(0, str(inference))
        examples, data, yaml = map(importlib.import_module, ("inference_examples", "data", "yaml"))
        settings = yaml.safe_load((inference / "configs" / "foundation.yaml").read_text())
        ears = dict(
            settings["clap_config"],
            checkpoint=config["ears"],
            config_root=str(inference / "my_ms_clap" / "src" / "configs"),
        )
        model = dict(settings["model_config"], cache_dir=None)
        self.device = device
        self.tokenizer = examples.prepare_tokenizer(model)
        self.processor = data.AudioTextDataProcessor(
            data_root="", clap_config=ears, tokenizer=self.tokenizer, max_tokens=MOST_TOKENS
        )
        self.network = examples.prepare_model(
            model_config=model, clap_config=ears, checkpoint_path=config["checkpoint"], device_id=device
        )
        self.network.lang_encoder.config.output_hidden_states = True

    def audio(self, clips: list[Any]) -> list[Any]:
        """One vector per clip at 44.1 kHz."""
        with tempfile.TemporaryDirectory(prefix="sepbench-") as folder:
            return [self._vector(clip, Path(folder) / "clip.wav") for clip in clips]

    def _vector(self, clip: Any, path: Path) -> Any:
        import soundfile
        import torch

        soundfile.write(path, clip, RATE, subtype="FLOAT")
        item = {"name": str(path), "prefix": PREFIX, "prompt": PROMPT}
        _, windows, mask, tokens, _ = self.processor.process(item)
        windows, mask, tokens = (part.to(self.device) for part in (windows, mask, tokens))
        with torch.inference_mode():
            output = self.network(
                audio_x=windows.unsqueeze(0), audio_x_mask=mask.unsqueeze(0), lang_x=tokens.reshape(1, -1)
            )
        media = self.tokenizer.encode("<audio>")[-1]
        first = int((tokens.reshape(-1) == media).nonzero()[0])
        return output.hidden_states[-2][0, first:].double().mean(dim=0).float().cpu().numpy()
