"""A CLAP of the real architecture with few weights that follow from their names, saved as the hub keeps them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.parity.name_seeded import weights

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
MERGES = (("d", "o"), ("do", "g"))
AUDIO = {
    "patch_embeds_hidden_size": 8,
    "hidden_size": 64,
    "depths": [1, 1, 1, 1],
    "num_attention_heads": [1, 2, 4, 4],
    "num_hidden_layers": 4,
}
TEXT = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}


def save(folder: Path, *, fusion: bool = False) -> Path:
    """Write config, weights, front end and tokenizer, the files that the published folders have."""
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    folder.mkdir(parents=True)
    vocabulary = _save_tokenizer(folder)
    config = ClapConfig(
        text_config={**TEXT, "vocab_size": vocabulary},
        audio_config={**AUDIO, "enable_fusion": fusion, "fusion_type": "aff_2d" if fusion else None},
    )
    model: Any = ClapModel(config)
    shapes = {key: tuple(value.shape) for key, value in model.state_dict().items() if value.is_floating_point()}
    seeded = weights({key: shape for key, shape in shapes.items() if shape})
    model.load_state_dict({key: torch.from_numpy(value) for key, value in seeded.items()}, strict=False)
    model.save_pretrained(folder)
    ClapFeatureExtractor(frequency_min=50, truncation="fusion" if fusion else "rand_trunc").save_pretrained(folder)
    return folder


def _save_tokenizer(folder: Path) -> int:
    """Bytes and two merges; the number of tokens."""
    from tokenizers.pre_tokenizers import ByteLevel

    tokens = [*SPECIAL, *sorted(ByteLevel.alphabet()), *(a + b for a, b in MERGES), "<mask>"]
    (folder / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in MERGES))
    return len(tokens)
