"""The checkpoints of LAION-CLAP that are published, and their files.

Hashes are stated where they are known. Where none is, the file that is here is hashed, and signatures show that.
"""

from __future__ import annotations

from collections.abc import Mapping

from sepbench.embeddings.clap_checkpoints import Size, size_of
from sepbench.embeddings.clap_front_end import RATE
from sepbench.embeddings.embedder import About
from sepbench.weights import Weight

DIM = 512
HUB_FILES = ("config.json", "model.safetensors", "preprocessor_config.json", "vocab.json", "merges.txt")
TOKENIZER_FILES = ("vocab.json", "merges.txt")
UNSTATED = "not stated for the weights; code CC0-1.0"

SIZES: Mapping[str, Size] = {
    "630k-best": size_of("tiny"),
    "630k-audioset-best": size_of("tiny"),
    "630k-fusion-best": size_of("tiny", fusion=True),
    "630k-audioset-fusion-best": size_of("tiny", fusion=True),
    "music_speech_audioset_epoch_15_esc_89.98": size_of("base"),
}
"""What the authors' own files hold."""

HASHES = {
    "music_speech_audioset_epoch_15_esc_89.98": "51c68f12f9d7ea25fdaaccf741ec7f81e93ee594455410f3bca4f47f88d8e006"
}
LENGTHS = {"music_speech_audioset_epoch_15_esc_89.98": 2352471003}


def _about(checkpoint: str, weights: tuple[Weight, ...], licence: str) -> About:
    return About(
        name=f"laion-clap:{checkpoint}",
        version=1,
        rate=RATE,
        dim=DIM,
        speaks=frozenset({"audio", "text"}),
        crop="mean-10s",
        weights=weights,
        licence=licence,
        source="arXiv 2211.06687",
    )


def _file(name: str, repository: str, file: str, folder: str, licence: str) -> Weight:
    checkpoint = file.removesuffix(".pt")
    return Weight(
        name,
        f"hf://{repository}@main/{file}",
        f"{folder}/{file}",
        HASHES.get(checkpoint),
        LENGTHS.get(checkpoint),
        licence,
    )


def _original(checkpoint: str) -> About:
    network = _file(f"laion-clap:{checkpoint}", "lukewys/laion_clap", f"{checkpoint}.pt", "laion-clap", UNSTATED)
    tokenizer = (
        _file("roberta-base", "FacebookAI/roberta-base", file, "roberta-base", "MIT") for file in TOKENIZER_FILES
    )
    return _about(checkpoint, (network, *tokenizer), UNSTATED)


def _hub_folder(name: str) -> About:
    repository = f"laion/{name}"
    files = (_file(f"laion-clap:{name}", repository, file, repository, "Apache-2.0") for file in HUB_FILES)
    return _about(name, tuple(files), "Apache-2.0")


ORIGINALS = tuple(_original(checkpoint) for checkpoint in SIZES)
HUB_FOLDERS = tuple(
    _hub_folder(name)
    for name in ("clap-htsat-unfused", "clap-htsat-fused", "larger_clap_general", "larger_clap_music_and_speech")
)
OWN = _about("own", (), "its owner's")
"""Its files are those of the folder that the user names."""
