"""Divide and Remaster v3, the multilingual set (Watcharasupat et al., arXiv 2407.07275).

Layout: ``multi/audio/{train,val,test}/<item>/{speech,music,sfx,sfx_fg,sfx_bg,mixture}.flac``, 60 s, 48 kHz mono. Items,
clips and groups are those of `sepbench.corpora.dnr_v2`; the two halves of the effects are no clips.
"""

from __future__ import annotations

from pathlib import Path

from sepbench.corpora.about import About
from sepbench.corpora.corpus import corpus_root
from sepbench.corpora.dnr_v2 import DivideAndRemaster, Layout

ABOUT = About(
    name="dnr_v3",
    title="Divide and Remaster v3 (multilingual)",
    licence="CC BY-SA 4.0",
    homepage="https://github.com/kwatcharasupat/divide-and-remaster-v3",
    instructions=(
        "Take dnr-v3-multi-audio.test.tar.gz (and .val, .train) from where the homepage's wiki says and unpack it in "
        "the corpus's folder, so that there is multi/audio/test/<item>/speech.flac."
    ),
)
LAYOUT = Layout(
    ABOUT, (".", "multi/audio", "audio"), {"train": "train", "val": "validation", "test": "test"}, extension=".flac"
)


class DnrV3(DivideAndRemaster):
    """Divide and Remaster v3 at a folder of the published layout."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, LAYOUT)


def corpus() -> DnrV3:
    """Divide and Remaster v3 where the environment says it is."""
    return DnrV3(corpus_root(ABOUT.name))
