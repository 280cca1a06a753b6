"""Language models that hear, as embedders: the hidden states with which they are about to describe a sound.

The clip is put into the model's own chat template together with `PROMPT`, and the outputs of the layer before the last
are averaged over the tokens from the first audio token to the end of the prompt. Tokens before the audio never heard
it: in a causal model they are the same for every clip, and the first of a text may be longer than all others together
(arXiv 2402.17762), so with it every two clips would look alike. A clip longer than the processor takes is cut into
windows of that length, and their vectors are averaged. One clip is run at a time, in float32, so nothing depends on a
batch.

Checkpoints are folders as the Hugging Face hub keeps them, with safetensors. They are looked for in the folder that
``SEPBENCH_EMBEDDER_<…>`` names, below the folder of weights as ``<owner>/<repository>``, and in the hub's cache.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sepbench.audio import Audio
from sepbench.embeddings.embedder import About, Vector, identity_of, no_texts
from sepbench.embeddings.windows import mean, windows
from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from sepbench.records import parse_json, read_text
from sepbench.weights import Weight, hub_path, weights_folder

PROMPT = "describe the sound in a sentence."
LAYER = -2
RATE = 16000
SHORTEST_SECONDS = 0.1
"""Shorter clips leave the encoder with no token."""
RECIPE = f"layer{LAYER}-from-audio-{PROMPT.rstrip('.').replace(' ', '_')}"
READ = frozenset({".json", ".safetensors", ".txt", ".jinja", ".model"})
"""What loading may read; pickled checkpoints are refused."""


@dataclass(frozen=True)
class Home:
    """Where one checkpoint is found.

    Attributes:
        repository: ``owner/name`` on the hub; empty for one that only its owner has.
        variable: environment variable that names a folder instead.
    """

    repository: str
    variable: str


def _about(name: str, dim: int, licence: str, source: str) -> About:
    return About(
        name=name,
        version=1,
        rate=RATE,
        dim=dim,
        speaks=frozenset({"audio"}),
        crop=f"whole-{RECIPE}",
        weights=(),
        licence=licence,
        source=source,
    )


HOMES = {
    "audio-flamingo-3:hf": Home("nvidia/audio-flamingo-3-hf", "SEPBENCH_EMBEDDER_AF3"),
    "music-flamingo:2601-hf": Home("nvidia/music-flamingo-2601-hf", "SEPBENCH_EMBEDDER_MUSIC_FLAMINGO"),
    "qwen2-audio:7b-instruct": Home("Qwen/Qwen2-Audio-7B-Instruct", "SEPBENCH_EMBEDDER_QWEN2_AUDIO"),
    "audio-language-model:own": Home("", "SEPBENCH_EMBEDDER_AUDIO_LANGUAGE_MODEL"),
}
EMBEDDERS = (
    _about("audio-flamingo-3:hf", 3584, "NVIDIA OneWay Noncommercial License", "arXiv 2507.08128"),
    _about("music-flamingo:2601-hf", 3584, "NVIDIA OneWay Noncommercial License", "NVIDIA Music Flamingo"),
    _about("qwen2-audio:7b-instruct", 4096, "Apache-2.0", "arXiv 2407.10759"),
    _about("audio-language-model:own", 0, "its owner's", "any audio language model of transformers"),
)


def open_embedder(about: About, device: str) -> AudioLanguageModel:
    """Load a checkpoint that `locate` found.

    Raises:
        SepbenchError: it lacks parameters, or works at another rate.
    """
    return AudioLanguageModel(about, Path(about.weights[0].file).parent, device)


def locate(about: About) -> About:
    """The facts of the checkpoint that is here: its files are the weights, its configuration says the dimension.

    Raises:
        MissingData: it is not here, or not all of it.
    """
    folder = find_folder(HOMES[about.name]).absolute()
    files = tuple(
        Weight(about.name, path.as_uri(), str(path), None, path.stat().st_size, about.licence)
        for path in _files(folder)
    )
    return replace(about, weights=files, dim=_dimension(folder / "config.json"))


def find_folder(home: Home) -> Path:
    """The checkpoint's folder on this machine.

    Raises:
        MissingData: there is none; the remedy names the command that brings it.
    """
    if given := os.environ.get(home.variable):
        return Path(given)
    places = []
    if home.repository:
        snapshot = hub_path(f"hf://{home.repository}@main/config.json")
        places = [weights_folder() / home.repository, *([snapshot.parent] if snapshot else [])]
    for folder in places:
        if (folder / "config.json").is_file():
            return folder
    fetch = f"hf download {home.repository}, or " if home.repository else ""
    raise MissingData(
        f"no checkpoint of {home.repository or 'your own'}",
        given=", ".join(map(str, places)) or f"{home.variable} is not set",
        wanted="a folder with config.json and safetensors",
        remedy=f"{fetch}set {home.variable}=FOLDER",
    )


def _files(folder: Path) -> Iterator[Path]:
    """The files that loading may read, sorted.

    Raises:
        MissingData: a part of the weights is not there.
    """
    index = folder / "model.safetensors.index.json"
    parts = {"model.safetensors"}
    if index.is_file():
        parts = set(parse_json(_Index, read_text(index), place=str(index)).weight_map.values())
    for name in sorted(parts):
        if not (folder / name).is_file():
            raise MissingData(
                "a checkpoint is not whole", given=str(folder / name), wanted="the file", remedy="bring it again"
            )
    yield from sorted(path for path in folder.iterdir() if path.suffix in READ and path.is_file())


@dataclass(frozen=True)
class _Index:
    """What is used of an index of safetensors."""

    weight_map: dict[str, str]


@dataclass(frozen=True)
class _TextConfig:
    hidden_size: int


@dataclass(frozen=True)
class _Config:
    """What is used of a model's configuration."""

    text_config: _TextConfig


def _dimension(path: Path) -> int:
    return parse_json(_Config, read_text(path), place=str(path)).text_config.hidden_size


class AudioLanguageModel:
    """An audio language model of transformers, loaded from a folder."""

    def __init__(self, about: About, folder: Path, device: str) -> None:
        self.about = about
        self.identity = identity_of(about)
        self._device = device
        self._processor, self._model = _loaded(folder)
        _refuse_unfit(folder, self._processor, self._model.config, about.rate)
        self._model.eval().to(device)

    def audio(self, clips: Sequence[Audio]) -> list[Vector]:
        """Embed clips one by one.

        Raises:
            SepbenchError: a clip of less than 0.1 s.
        """
        return [self._clip(clip) for clip in clips]

    def text(self, texts: Sequence[str]) -> list[Vector]:
        """Always raises: a text alone is not what these vectors speak of."""
        raise no_texts(self.about)

    def _clip(self, clip: Audio) -> Vector:
        if len(clip) < SHORTEST_SECONDS * self.about.rate:
            raise SepbenchError(
                "clip too short to be heard", given=f"{len(clip)} samples", wanted=f"at least {SHORTEST_SECONDS} s"
            )
        seconds = getattr(self._processor, "max_audio_len", self._processor.feature_extractor.chunk_length)
        return mean([self._window(window) for window in windows(clip, seconds * self.about.rate)])

    def _window(self, window: Audio) -> Vector:
        import torch

        content = [{"type": "audio", "audio": window}, {"type": "text", "text": PROMPT}]
        text = self._processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
        )
        inputs: Any = self._processor(
            text=[text], audio=[window], sampling_rate=self.about.rate, return_tensors="pt"
        ).to(self._device)
        with torch.inference_mode():
            states = self._model(**inputs, output_hidden_states=True, use_cache=False).hidden_states[LAYER][0]
        first = int((inputs["input_ids"][0] == self._model.config.audio_token_id).nonzero()[0])
        vector: Vector = states[first:].double().mean(dim=0).float().cpu().numpy()
        return np.ascontiguousarray(vector)


def _loaded(folder: Path) -> tuple[Any, Any]:
    """A checkpoint's processor and its model.

    Raises:
        InvalidRecord: a file is damaged or not there, or parameters are.
    """
    import torch
    import transformers
    from safetensors import SafetensorError  # type: ignore[import-not-found,unused-ignore]

    auto: Any = transformers
    try:
        processor = auto.AutoProcessor.from_pretrained(folder, local_files_only=True)
        model, loading = auto.AutoModel.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except (OSError, ValueError, KeyError, SafetensorError) as error:  # what transformers says of such files
        raise InvalidRecord(
            f"{folder}: not a checkpoint that transformers can load",
            given=str(error).partition("\n")[0],
            wanted="weights and processor, whole",
            remedy="bring the checkpoint again",
        ) from error
    if loading["missing_keys"]:
        raise InvalidRecord(
            f"{folder}: not a checkpoint of {type(model).__name__}",
            given=f"nothing for {', '.join(sorted(loading['missing_keys'])[:3])}",
            wanted="every parameter",
            remedy="bring the checkpoint again",
        )
    return processor, model


def _refuse_unfit(folder: Path, processor: Any, config: Any, rate: int) -> None:
    """Raise where a model is none of this kind; one of the user's own may be anything."""
    facts = {
        "sample rate": (getattr(getattr(processor, "feature_extractor", None), "sampling_rate", None), rate),
        "chat template": (getattr(processor, "chat_template", None) is not None, True),
        "token for audio": (getattr(config, "audio_token_id", None) is not None, True),
    }
    for what, (given, wanted) in facts.items():
        if given != wanted:
            raise SepbenchError(
                f"{folder} is no audio language model that fits: {what}",
                given=str(given),
                wanted=str(wanted),
                remedy="choose one that has it, see docs/afsim.md",
            )
