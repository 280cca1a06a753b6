"""LAION-CLAP through transformers' `ClapModel`: audio and texts in one space, cosine says how well they fit.

Two kinds of files hold the same networks: folders as the Hugging Face hub keeps them, and the authors' own ``.pt``
checkpoints, which are the ones that papers name. ``laion-clap:own`` is the folder that ``SEPBENCH_EMBEDDER_CLAP``
names. Clips of up to ten seconds are embedded as the originals do it; of longer ones, which the originals crop at
random, the unit vectors of ten-second windows are averaged. Source: arXiv 2211.06687.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sepbench.audio import Audio
from sepbench.embeddings.clap_checkpoints import clap_model, config_of, read_original
from sepbench.embeddings.clap_front_end import BANDS, HOP, LENGTH, RATE, WINDOW, FrontEnd, repeat_padded
from sepbench.embeddings.clap_published import HUB_FILES, HUB_FOLDERS, ORIGINALS, OWN, SIZES
from sepbench.embeddings.embedder import About, Vector, identity_of
from sepbench.embeddings.windows import mean, windows
from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from sepbench.records import parse_json, read_lines, read_text
from sepbench.weights import Weight, find

MAX_TOKENS = 77
"""Texts are cut after so many tokens, as in training."""
AT_ONCE = 8
"""Windows of one pass: what a small GPU holds."""
EMBEDDERS = (*ORIGINALS, *HUB_FOLDERS, OWN)
OWN_FOLDER = "SEPBENCH_EMBEDDER_CLAP"


def locate(about: About) -> About:
    """The facts with the files to read: for a checkpoint of one's own, those of the folder that the user names.

    Raises:
        MissingData: no folder is named.
    """
    if about.name != OWN.name:
        return about
    given = os.environ.get(OWN_FOLDER)
    if not given:
        raise MissingData(
            "no CLAP of your own is named",
            given=f"{OWN_FOLDER} is not set",
            wanted=f"a folder with {', '.join(HUB_FILES)}",
            remedy=f"set {OWN_FOLDER}=FOLDER",
        )
    paths = [Path(given).absolute() / file for file in HUB_FILES]
    return replace(
        about, weights=tuple(Weight(about.name, p.as_uri(), str(p), None, None, about.licence) for p in paths)
    )


def open_embedder(about: About, device: str) -> LaionClap:
    """Load a checkpoint whose files are here.

    Raises:
        SepbenchError: a file is not the published one, or its tensors do not fit the network.
    """
    identity = identity_of(about)
    files = {Path(weight.file).name: find(weight) for weight in about.weights}
    checkpoint = about.name.partition(":")[2]
    if checkpoint in SIZES:
        size = SIZES[checkpoint]
        config, tensors = config_of(size), read_original(files[f"{checkpoint}.pt"])
        front_end = FrontEnd("htk" if size.fusion else "slaney")
    else:
        from transformers import ClapConfig

        from sepbench.networks.state_dict import read_tensors

        text = read_text(files["config.json"])
        config = ClapConfig.from_dict(parse_json(dict, text, place=str(files["config.json"])))
        tensors, front_end = (
            read_tensors(files["model.safetensors"]),
            _read_front_end(files["preprocessor_config.json"]),
        )
    return LaionClap(about, identity, clap_model(config, tensors, device), _tokenizer(files), front_end, device)


@dataclass(frozen=True)
class _Preprocessor:
    """What is used of a hub folder's ``preprocessor_config.json``."""

    truncation: Literal["fusion", "rand_trunc"]
    frequency_min: float
    frequency_max: float
    sampling_rate: int = RATE
    feature_size: int = BANDS
    fft_window_size: int = WINDOW
    hop_length: int = HOP
    max_length_s: int = LENGTH // RATE
    padding: str = "repeatpad"


def _read_front_end(path: Path) -> FrontEnd:
    given = parse_json(_Preprocessor, read_text(path), place=str(path))
    known = _Preprocessor(given.truncation, given.frequency_min, given.frequency_max)
    if given != known:
        raise SepbenchError("a CLAP with another front end", given=f"{path}: {given}", wanted=str(known))
    return FrontEnd("htk" if given.truncation == "fusion" else "slaney", given.frequency_min, given.frequency_max)


def _tokenizer(files: Mapping[str, Path]) -> Any:
    """The tokenizer of two files, looked at first: what it raises itself cannot be told from any other error.

    Raises:
        InvalidRecord: a file is damaged, or the two do not belong together.
    """
    from transformers import RobertaTokenizer

    vocab, merges = files["vocab.json"], files["merges.txt"]
    known = parse_json(dict[str, int], read_text(vocab), place=str(vocab))
    for line in read_lines(merges):
        if line.startswith("#version"):
            continue
        parts = line.split(" ")
        if len(parts) != 2 or not known.keys() >= {*parts, "".join(parts)}:
            raise InvalidRecord(
                f"{merges}: no merge of two tokens of {vocab.name}",
                given=line[:80],
                wanted="two tokens with a space between",
                remedy="bring both files again",
            )
    return RobertaTokenizer(vocab=str(vocab), merges=str(merges))


class LaionClap:
    """One checkpoint, loaded. Vectors are of unit length."""

    def __init__(
        self, about: About, identity: str, model: Any, tokenizer: Any, front_end: FrontEnd, device: str
    ) -> None:
        self.about = about
        self.identity = identity
        self._model = model
        self._tokenizer = tokenizer
        self._front_end = front_end
        self._device = device

    def audio(self, clips: Sequence[Audio]) -> list[Vector]:
        """Embed clips of any lengths, all their windows in passes of a few.

        Raises:
            SepbenchError: a clip is empty.
        """
        pieces = [windows(clip, LENGTH) for clip in clips]
        mels = [self._front_end.log_mel(repeat_padded(piece)) for clip in pieces for piece in clip]
        starts = range(0, len(mels), AT_ONCE)
        vectors = iter([vector for start in starts for vector in self._pass(mels[start : start + AT_ONCE])])
        return [_unit(mean([next(vectors) for _ in clip])) for clip in pieces]

    def text(self, texts: Sequence[str]) -> list[Vector]:
        """Embed texts, verbatim, padded to the longest of them."""
        import torch

        tokens = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        ).to(self._device)
        with torch.inference_mode():
            vectors = self._model.get_text_features(
                input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
            ).pooler_output
        return list(vectors.float().cpu().numpy())

    def _pass(self, mels: Sequence[np.ndarray]) -> list[Vector]:
        import torch

        features = torch.from_numpy(np.stack(mels)[:, None]).to(self._device)
        # Fusion joins crops of a longer clip; windows have none, and the originals then leave that branch out.
        longer = torch.zeros((len(mels), 1), dtype=torch.bool, device=self._device)
        with torch.inference_mode():
            vectors = self._model.get_audio_features(input_features=features, is_longer=longer).pooler_output
        return list(vectors.float().cpu().numpy())


def _unit(vector: Vector) -> Vector:
    wide = vector.astype(np.float64)
    unit: Vector = (wide / np.linalg.norm(wide)).astype(np.float32)
    return unit
