"""Checkpoints in the form in which their authors' programs write them: every key, name-seeded numbers, narrow widths.

Keys and shapes are those of the lists beside the parity fixtures. Every width is divided, so that the files are small;
depths, kernels, code words and the text's embedding stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from sepbench.networks.clap_text import ClapText, TextSize
from tests.parity import name_seeded
from tests.parity.codecs import CODECSEP_SCALE
from tests.parity.listed import listed
from tests.parity.seeded import seed
from tests.parity.speakers import TDANET_SCALE

CODEC = {"encoder_width": 4, "decoder_width": 96}
MASKER = {"channels": 64, "width": 16, "layers": 16, "heads": 8, "feed_forward": 64}
TEXT = {"vocabulary": 40, "width": 24, "layers": 1, "heads": 3, "feed_forward": 48}
TDANET = {"outs": 16, "width": 64}
LETTERS = ("<s>", "<pad>", "</s>", "<unk>", *"abcdefghijklmnopqrstuvwxyz", "<mask>")

WIDTH, NARROWER = 32, 16
SPEAKERS_WIDTH, SPEAKERS_NARROWER = 128, 8
FULL = re.compile(r"codebook\.weight$")
CONDITIONED = re.compile(r"^film\..*weight$")
COPY, ORIGINAL = "transformer_encoder.", "separator.block."

Tensors = dict[str, Tensor]


def sdcodec() -> Tensors:
    """Flat, weight norm under its newer names, with the chances of the training's jitter."""
    return _narrow("sdcodec", WIDTH, NARROWER, CODECSEP_SCALE)


def codecsep() -> Tensors:
    """Flat, weight norm under both namings, the transformer twice, and a whole CLAP of which one tower is read."""
    tensors = _narrow("codecsep", WIDTH, NARROWER, CODECSEP_SCALE)
    copies = {key: tensors[ORIGINAL + key.removeprefix(COPY)] for key in tensors if key.startswith(COPY)}
    clap = {
        **seed(ClapText(TextSize(**TEXT))).state_dict(),
        "logit_scale_a": torch.tensor(2.6),
        "logit_scale_t": torch.tensor(2.6),
        "text_branch.embeddings.position_ids": torch.arange(514)[None],
        "text_transform.sequential.0.weight": torch.ones(8, 8),
        "audio_branch.bn0.num_batches_tracked": torch.tensor(9),
        "audio_branch.bn0.weight": torch.ones(64),
        "audio_transform.sequential.3.bias": torch.ones(8),
        "audio_projection.2.bias": torch.ones(8),
    }
    return tensors | copies | {f"text_encoder.model.{key}": tensor for key, tensor in clap.items()}


def codecformer() -> Tensors:
    """The masker as a trainer's checkpoint of that one module."""
    return _narrow("codecformer_masker", WIDTH, NARROWER, {})


def descript_16khz() -> Tensors:
    """The codec's tensors: one chain of SDCodec's code books, weight norm under its older names."""
    chain = "quantizer.rvq_dict.speech."
    found = {key.replace(chain, "quantizer."): tensor for key, tensor in sdcodec().items()}
    return older_names({key: tensor for key, tensor in found.items() if "_dict." not in key})


def tdanet(name: str = "tdanet_best_4ms") -> Tensors:
    """What its file holds under ``state_dict``."""
    return _narrow(name, SPEAKERS_WIDTH, SPEAKERS_NARROWER, TDANET_SCALE)


def older_names(tensors: Mapping[str, Tensor]) -> Tensors:
    """The same under the names that `torch.nn.utils.weight_norm` gave before there were parametrizations."""
    ends = {"original0": "weight_g", "original1": "weight_v"}
    return {re.sub(r"parametrizations\.weight\.(original[01])$", lambda m: ends[m[1]], key): tensor
            for key, tensor in tensors.items()}  # fmt: skip


def write_vocabulary(folder: Path) -> None:
    """A tokenizer of single letters in RoBERTa's two files."""
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({sign: number for number, sign in enumerate(LETTERS)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")


def _narrow(name: str, width: int, narrower: int, scale: Mapping[str, float]) -> Tensors:
    """Each size that is a multiple of `width` divided by `narrower`; `scale` as for `tests.parity.listed.official`."""
    tensors = {}
    for key, entry in listed(name).items():
        shape = tuple(size if size % width or FULL.search(key) else size // narrower for size in entry.shape)
        if CONDITIONED.search(key):
            shape = (shape[0], entry.shape[1])
        seeded = name_seeded.weight(key, shape)
        for pattern, factor in scale.items():
            if re.search(pattern, key):
                seeded *= seeded.dtype.type(factor)
        tensors[key] = torch.from_numpy(seeded)
    return tensors
