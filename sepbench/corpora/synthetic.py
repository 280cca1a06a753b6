"""`synthetic`: sound classes made by procedural synthesis, so that everything runs with no file at all.

Each class has numbered variations; one variation is one recording (`group`). Variations 0 to 7 are ``test``, 8 to 15
``train``. A clip is named ``<class>/<variation>`` with underscores for blanks, is 5 s long at 32 kHz, and is the same
to the bit whenever one machine makes it.
"""

from __future__ import annotations

from functools import lru_cache

from sepbench.audio import Recording
from sepbench.corpora.about import About
from sepbench.errors import MissingData
from sepbench.manifest import Clip

SAMPLE_RATE = 32000
SECONDS = 5.0
TEST_VARIATIONS = 8
VARIATIONS = 16


ABOUT = About(
    name="synthetic",
    title="Synthetic sounds",
    licence="CC0-1.0",
    homepage="",
)


class Synthetic:
    """The synthesised corpus; nothing to download and nothing to license."""

    @property
    def version(self) -> str:
        """Raised with the synthesis itself: another version is other audio."""
        from sepbench.corpora.synthesis.render import VERSION

        return f"synthesis-{VERSION}"

    def clips(self) -> tuple[Clip, ...]:
        """Every variation of every class, with its caption and three paraphrases."""
        from sepbench.corpora.synthesis.catalogue import CLASSES

        clips = [
            Clip(
                corpus=ABOUT.name,
                id=f"{sound.label.replace(' ', '_')}/{variation:02d}",
                labels=(sound.label,),
                group=f"synthetic:{sound.label.replace(' ', '_')}:{variation:02d}",
                split="test" if variation < TEST_VARIATIONS else "train",
                captions=(sound.caption, *sound.paraphrases),
                classes=sound.parents,
                licence=ABOUT.licence,
            )
            for sound in CLASSES
            for variation in range(VARIATIONS)
        ]
        return tuple(sorted(clips, key=lambda clip: clip.id))

    def has(self, clip: str) -> bool:
        """Whether the class exists and the variation is a number."""
        return _parse(clip) is not None

    def read(self, clip: str) -> Recording:
        """The clip, synthesised anew or from this process's memory."""
        if (parsed := _parse(clip)) is None:
            raise MissingData(
                f"synthetic has no {clip}", wanted="<class>/<two digits>", remedy="see sepbench list corpora"
            )
        return _synthesised(*parsed)


def _parse(clip: str) -> tuple[str, int] | None:
    from sepbench.corpora.synthesis.catalogue import CLASSES

    name, _, number = clip.partition("/")
    label = name.replace("_", " ")
    known = any(sound.label == label for sound in CLASSES)
    return (label, int(number)) if known and number.isascii() and number.isdigit() else None


@lru_cache(maxsize=64)
def _synthesised(label: str, variation: int) -> Recording:
    from sepbench.corpora.synthesis.render import synthesise

    audio = synthesise(label, variation, sample_rate=SAMPLE_RATE, seconds=SECONDS)
    audio.setflags(write=False)  # shared between callers of one process
    return Recording(audio, SAMPLE_RATE)


def corpus() -> Synthetic:
    """The synthesised corpus."""
    return Synthetic()
