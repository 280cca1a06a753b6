"""MS-CLAP of the package msclap, with files instead of the hub, and vectors instead of scaled similarities.

Its own wrapper crops long clips at random, asks the hub for GPT-2 or BERT only to overwrite them, and multiplies every
cosine by a learned scale. Here clips come in whole windows, the text network is built empty and filled from the
checkpoint, and vectors are given as they are.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

TOWERS = {"gpt2": ("GPT2Config", "GPT2Tokenizer"), "bert-base-uncased": ("BertConfig", "BertTokenizer")}


class Adapter:
    """The 2022 or the 2023 checkpoint."""

    def load(self, config: dict[str, Any], device: str) -> None:
        """Build the network and fill it.

        Args:
            config: ``version``, the path ``checkpoint``, and the tokenizer's files in its class's order.
        """
        import torch

        clap: Any = importlib.import_module("msclap.models.clap")
        transformers, yaml = map(importlib.import_module, ("transformers", "yaml"))
        folder = Path(str(clap.__file__)).parent.parent / "configs"
        settings = yaml.safe_load((folder / f"config_{config['version']}.yml").read_text())
        self.settings, self.device = settings, device
        tower, tokenizer = TOWERS[settings["text_model"]]
        self.tokenizer = getattr(transformers, tokenizer)(*config["tokenizer"])
        if settings["text_model"] == "gpt2":
            self.tokenizer.add_special_tokens({"pad_token": "!"})
        clap.AutoModel = Untrained(getattr(transformers, tower)())
        names = "audioenc_name window_size hop_size mel_bins fmin fmax out_emb text_model transformer_embed_dim d_proj"
        self.network = clap.CLAP(
            sample_rate=settings["sampling_rate"],
            classes_num=settings["num_classes"],
            **{name: settings[name] for name in names.split()},
        )
        state = torch.load(config["checkpoint"], map_location="cpu", weights_only=True)["model"]
        missing, _ = self.network.load_state_dict(state, strict=False)
        if missing:
            raise ValueError(f"{config['checkpoint']} lacks {len(missing)} parameters, {missing[0]} among them")
        self.network.eval().to(device)

    def audio(self, clips: list[Any]) -> list[Any]:
        """Vectors of windows of exactly the checkpoint's length."""
        import torch

        with torch.inference_mode():
            vectors, _ = self.network.audio_encoder(torch.from_numpy(np.stack(clips)).to(self.device))
        return list(vectors.cpu().numpy())

    def text(self, texts: list[str]) -> list[Any]:
        """Vectors of texts.

        Raises:
            ValueError: one is longer than the text network reads.
        """
        import torch

        end = " <|endoftext|>" if self.settings["text_model"] == "gpt2" else ""
        tokens = self.tokenizer(
            [text + end for text in texts], padding="max_length", max_length=self.settings["text_len"]
        )
        longest = max(len(ids) for ids in tokens["input_ids"])
        if longest > self.settings["text_len"]:
            raise ValueError(f"a text of {longest} tokens, wanted at most {self.settings['text_len']}")
        with torch.inference_mode():
            vectors = self.network.caption_encoder(
                {name: torch.tensor(values).to(self.device) for name, values in tokens.items()}
            )
        return list(vectors.cpu().numpy())


class Untrained:
    """Stands where the package would ask the hub for a trained text network."""

    def __init__(self, config: Any) -> None:
        self.config = config

    def from_pretrained(self, _name: str) -> Any:
        """The same network with random weights, which the checkpoint replaces."""
        return importlib.import_module("transformers").AutoModel.from_config(self.config)
