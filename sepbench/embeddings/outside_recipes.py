"""What is run in other environments: the facts of each embedder, its script, its windows and its files."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sepbench.embeddings import clap_published
from sepbench.embeddings.clap_checkpoints import size_of
from sepbench.embeddings.embedder import About, Speaks
from sepbench.weights import Weight

BOTH: frozenset[Speaks] = frozenset({"audio", "text"})
MSCLAP_LICENCE = "not stated for the weights; code MIT"


@dataclass(frozen=True)
class Recipe:
    """How one embedder is run.

    Attributes:
        script: file of ``scripts/``.
        environment: name of the environment it runs in.
        window_seconds: longest stretch it is given at once.
        fills: a shorter clip is repeated until it fills the window; else it is given as it is.
        config: settings of the script.
        files: setting by the name of the file that it is the path of.
        tokenizer: names of the tokenizer's files, in the order in which its class takes them.
        folders: setting by the environment variable that names its folder.
    """

    about: About
    script: str
    environment: str
    window_seconds: float
    fills: bool
    config: Mapping[str, str | bool] = dataclasses.field(default_factory=dict)
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tokenizer: tuple[str, ...] = ()
    folders: Mapping[str, str] = dataclasses.field(default_factory=dict)


def _msclap(year: str, seconds: int, tokenizer: tuple[Weight, ...]) -> Recipe:
    name, file = f"msclap:{year}", f"CLAP_weights_{year}.pth"
    own = Weight(name, f"hf://microsoft/msclap@main/{file}", f"msclap/{file}", None, None, MSCLAP_LICENCE)
    about = About(
        name=name,
        version=1,
        rate=44100,
        dim=1024,
        speaks=BOTH,
        crop=f"mean-{seconds}s",
        weights=(own, *tokenizer),
        licence=MSCLAP_LICENCE,
        source="arXiv 2206.04769" if year == "2022" else "arXiv 2309.05767",
    )
    files = tuple(weight.file.rpartition("/")[2] for weight in tokenizer)
    return Recipe(about, "msclap.py", "msclap", seconds, True, {"version": year}, {file: "checkpoint"}, files)


def _tokenizer(repository: str, folder: str, licence: str, *files: str) -> tuple[Weight, ...]:
    return tuple(
        Weight(folder, f"hf://{repository}@main/{file}", f"{folder}/{file}", None, None, licence) for file in files
    )


def _laion(about: About) -> Recipe:
    """The authors' own code with a checkpoint that ours reads too."""
    checkpoint = about.name.partition(":")[2]
    size = clap_published.SIZES[checkpoint]
    base = size.depths == size_of("base").depths
    return Recipe(
        replace(about, name=f"laion-clap-original:{checkpoint}"),
        "laion_clap.py",
        "laion-clap",
        10,
        False,
        {"fusion": size.fusion, "audio_network": "HTSAT-base" if base else "HTSAT-tiny"},
        {f"{checkpoint}.pt": "checkpoint"},
        clap_published.TOKENIZER_FILES,
    )


AF1_LICENCE = "non-commercial"
AUDIO_FLAMINGO_1 = Recipe(
    About(
        name="audio-flamingo-1:foundation",
        version=1,
        rate=44100,
        dim=2048,
        speaks=frozenset({"audio"}),
        crop="whole-layer-2-from-audio-describe_the_sound_in_a_sentence",
        weights=tuple(
            Weight("audio-flamingo-1:foundation", f"hf://{url}", f"audio-flamingo-1/{file}", None, None, AF1_LICENCE)
            for url, file in (
                ("nvidia/audio-flamingo@main/foundation.pt", "foundation.pt"),
                ("microsoft/msclap@main/clapcap_weights_2023.pth", "clapcap_weights_2023.pth"),
            )
        ),
        licence=AF1_LICENCE,
        source="arXiv 2402.01831",
    ),
    "audio_flamingo_1.py",
    "audio-flamingo-1",
    33.25,
    False,
    files={"foundation.pt": "checkpoint", "clapcap_weights_2023.pth": "ears"},
    folders={"SEPBENCH_AF1": "repository"},
)

AESTHETICS = "audiobox-aesthetics:1.0"
AESTHETICS_AXES = ("CE", "CU", "PC", "PQ")
AESTHETICS_LICENCE = "CC-BY-4.0"
AUDIOBOX_AESTHETICS = Recipe(
    About(
        name=AESTHETICS,
        version=1,
        rate=16000,
        dim=len(AESTHETICS_AXES),
        speaks=frozenset({"audio"}),
        crop="mean-10s",
        weights=(
            Weight(
                AESTHETICS,
                "hf://facebook/audiobox-aesthetics@main/checkpoint.pt",
                "audiobox-aesthetics/checkpoint.pt",
                None,
                None,
                AESTHETICS_LICENCE,
            ),
        ),
        licence=AESTHETICS_LICENCE,
        source="arXiv 2502.05139, audiobox-aesthetics 0.0.4",
    ),
    "audiobox_aesthetics.py",
    "audiobox-aesthetics",
    600,  # its own windows are of 10 s, the last one weighed by its length
    False,
    files={"checkpoint.pt": "checkpoint"},
)

RECIPES = {
    recipe.about.name: recipe
    for recipe in (
        _msclap("2022", 5, _tokenizer("google-bert/bert-base-uncased", "bert-base-uncased", "Apache-2.0", "vocab.txt")),
        _msclap("2023", 7, _tokenizer("openai-community/gpt2", "gpt2", "MIT", "vocab.json", "merges.txt")),
        *(_laion(about) for about in clap_published.ORIGINALS),
        AUDIO_FLAMINGO_1,
        AUDIOBOX_AESTHETICS,
    )
}
