"""LAION's own checkpoint files of CLAP into transformers' `ClapModel`: every key is mapped, or named and left out.

The originals keep query, key and value of the audio side in one matrix and name their layers otherwise. What they hold
beyond that is either determined by the architecture (DFT matrices, attention masks) or a head that embedding does not
use (AudioSet's classes, the transforms of the training loss).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import Tensor

PARALLEL = "module."
"""What training on several devices puts before every name."""

RENAMED = (
    (r"text_branch\.", "text_model."),
    (r"audio_branch\.bn0\.", "audio_model.audio_encoder.batch_norm."),
    (r"audio_branch\.", "audio_model.audio_encoder."),
    (r"(text|audio)_projection\.0\.", r"\1_projection.linear1."),
    (r"(text|audio)_projection\.2\.", r"\1_projection.linear2."),
)
IN_AUDIO_BLOCKS = (
    (r"\.norm1\.", ".layernorm_before."),
    (r"\.norm2\.", ".layernorm_after."),
    (r"\.attn\.proj\.", ".attention.output.dense."),
    (r"\.attn\.", ".attention.self."),
    (r"\.mlp\.fc1\.", ".intermediate.dense."),
    (r"\.mlp\.fc2\.", ".output.dense."),
)
LEFT_OUT = re.compile(
    r"(text_transform|audio_transform)\."
    r"|audio_branch\.(spectrogram_extractor|logmel_extractor|tscam_conv|head)\."
    r"|audio_branch\.layers\.\d+\.blocks\.\d+\.attn_mask$"
    r"|text_branch\.embeddings\.position_ids$"
)
COUNTS = ("text_model.embeddings.position_ids", "text_model.embeddings.token_type_ids")
"""Buffers that ClapModel fills itself; older files hold them, newer ones do not."""


@dataclass(frozen=True)
class Size:
    """What the architectures differ in; the text side is roberta-base in all."""

    width: int
    depths: tuple[int, ...]
    fusion: bool = False


def size_of(audio_model: Literal["tiny", "base"], *, fusion: bool = False) -> Size:
    """LAION's HTSAT-tiny and HTSAT-base."""
    return Size(96, (2, 2, 6, 2), fusion) if audio_model == "tiny" else Size(128, (2, 2, 12, 2), fusion)


def config_of(size: Size) -> Any:
    """The `ClapConfig` of an original."""
    from transformers import ClapConfig

    audio = {
        "patch_embeds_hidden_size": size.width,
        "hidden_size": size.width * 2 ** (len(size.depths) - 1),
        "depths": list(size.depths),
        "enable_fusion": size.fusion,
        "fusion_type": "aff_2d" if size.fusion else None,
    }
    return ClapConfig(text_config={"layer_norm_eps": 1e-5}, audio_config=audio)


def read_original(path: Path) -> dict[str, Tensor]:
    """The tensors of a published ``.pt`` by ClapModel's names; nothing in the file is executed.

    Raises:
        MissingData, SepbenchError: as `sepbench.networks.state_dict.read_tensors`.
    """
    from sepbench.networks.state_dict import read_tensors

    tensors = read_tensors(path, within="state_dict")
    return renamed({key.removeprefix(PARALLEL): tensor for key, tensor in tensors.items()})


def renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """An original's tensors by ClapModel's names, without what is left out; an unknown key keeps its name.

    >>> list(renamed({"audio_branch.bn0.weight": None, "text_transform.sequential.0.bias": None}))
    ['audio_model.audio_encoder.batch_norm.weight']
    """
    return dict(part for key, tensor in tensors.items() if not LEFT_OUT.match(key) for part in _parts(key, tensor))


def _parts(key: str, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
    """One tensor by its new name, or the three that it holds."""
    name = key
    for pattern, new in RENAMED:
        name = re.sub(f"^{pattern}", new, name)
    if not re.match(r"audio_branch\.layers\.\d+\.blocks\.", key):
        yield name, tensor
        return
    for pattern, new in IN_AUDIO_BLOCKS:
        name = re.sub(pattern, new, name)
    if ".qkv." not in name:
        yield name, tensor
        return
    for role, part in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
        yield name.replace(".qkv.", f".{role}."), part


def clap_model(config: Any, tensors: Mapping[str, Tensor], device: str) -> Any:
    """A `ClapModel` with those weights, in evaluation mode.

    Raises:
        SepbenchError: keys are unknown, missing or of another shape; the first few are named.
    """
    from transformers import ClapModel

    from sepbench.networks.state_dict import load_weights

    model: Any = ClapModel(config)
    counts = {key: value for key, value in model.state_dict().items() if key in COUNTS}
    load_weights(model, {**counts, **tensors})
    return model.eval().to(device)
