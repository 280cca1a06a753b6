"""LAION-CLAP of the package laion-clap: the original code, to compare ours with.

Importing it asks the hub for three tokenizers and for torchvision, of which embedding uses nothing, and building it
asks for RoBERTa, which the checkpoint overwrites. Here torchvision is stood in for meanwhile, and the tokenizer comes
from files. Clips come in windows of at most 10 s, so the package never crops at random.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any
from unittest.mock import patch

import numpy as np

UNUSED = (
    "torchvision",
    "torchvision.datasets",
    "torchvision.transforms",
    "torchvision.ops",
    "torchvision.ops.misc",
    "PIL",
)
ROBERTA_BASE = {"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
POSITIONS = "text_branch.embeddings.position_ids"
"""A constant that older releases of transformers kept in checkpoints."""


class Adapter:
    """One of the published checkpoints."""

    def load(self, config: dict[str, Any], device: str) -> None:
        """Build the network and fill it.

        Args:
            config: ``fusion``, ``audio_network`` (HTSAT-tiny or HTSAT-base), the path ``checkpoint``, and the
                tokenizer's files as its class names them.
        """
        import torch

        self.network = _untrained(config, device)
        core: Any = np.core
        scalars = [core.multiarray.scalar, np.dtype, type(np.dtype("float64")), type(np.dtype("int64"))]
        with torch.serialization.safe_globals(scalars):  # the last losses of the training, beside its weights
            state = torch.load(config["checkpoint"], map_location="cpu", weights_only=True)["state_dict"]
        state = {name[len("module.") :] if name.startswith("module.") else name: value for name, value in state.items()}
        state.pop(POSITIONS, None)
        self.network.model.load_state_dict(state)
        self.network.eval()

    def audio(self, clips: list[Any]) -> list[Any]:
        """Vectors of clips of at most 10 s."""
        import torch

        with torch.inference_mode():
            vectors = self.network.get_audio_embedding_from_data(
                x=[torch.from_numpy(clip) for clip in clips], use_tensor=True
            )
        return list(vectors.cpu().numpy())

    def text(self, texts: list[str]) -> list[Any]:
        """Vectors of texts; the package cuts them at 77 tokens."""
        import torch

        with torch.inference_mode():
            vectors = self.network.get_text_embedding(texts, use_tensor=True)
        return list(vectors.cpu().numpy())


def _untrained(config: dict[str, Any], device: str) -> Any:
    """The package's network with random weights."""
    transformers = importlib.import_module("transformers")
    tokenizer = transformers.RobertaTokenizer(*config["tokenizer"])
    tower = transformers.RobertaModel(transformers.RobertaConfig(**ROBERTA_BASE))
    tokenizers = patch.object(transformers.PreTrainedTokenizerBase, "from_pretrained", lambda *_: tokenizer)
    towers = patch.object(transformers.RobertaModel, "from_pretrained", lambda *_: tower)
    with patch.dict(sys.modules, {name: StandIn(name) for name in UNUSED}), tokenizers, towers:
        package = importlib.import_module("laion_clap")
        return package.CLAP_Module(enable_fusion=config["fusion"], device=device, amodel=config["audio_network"])


class StandIn(types.ModuleType):
    """A module that has every name, for imports whose names are never used."""

    def __getattr__(self, name: str) -> Any:
        """An empty class."""
        if name.startswith("__"):
            raise AttributeError(name)
        return object
