"""Which clips and texts of a mixture are on this machine, and their audio."""

from __future__ import annotations

from sepbench.audio import Recording
from sepbench.corpora.corpus import Corpus, open_corpus
from sepbench.corpora.texts import query_text
from sepbench.errors import MissingData
from sepbench.manifest import Mixture, Query


class Availability:
    """Looks clips up, each once.

    `missing` collects one line per clip or text that is not here, or per corpus that is not, in the order met.
    """

    def __init__(self) -> None:
        self._corpora: dict[str, Corpus | None] = {}
        self._found: dict[tuple[str, str], bool] = {}
        self.missing: list[str] = []

    def has_all(self, mixture: Mixture) -> bool:
        """Whether the mixture can be rendered here."""
        here = [self._has(corpus, clip) for corpus, clip in mixture.files]  # all of them: every missing clip is named
        return all(here)

    def has_text(self, query: Query) -> bool:
        """Whether the query's words are here; a text other than the list's is an error, not a gap."""
        if query.text_from is not None and self._open(query.text_from.corpus) is None:
            return False
        try:
            query_text(query)
        except MissingData as error:
            self.missing.append(str(error))
            return False
        return True

    def _has(self, name: str, clip: str) -> bool:
        if (name, clip) not in self._found:
            corpus = self._open(name)
            self._found[name, clip] = corpus is not None and corpus.has(clip)
            if corpus is not None and not self._found[name, clip]:
                self.missing.append(f"{name} has no {clip}")
        return self._found[name, clip]

    def _open(self, name: str) -> Corpus | None:
        if name not in self._corpora:
            try:
                self._corpora[name] = open_corpus(name)
            except MissingData as error:
                self._corpora[name] = None
                self.missing.append(f"{error} ({error.remedy})")
        return self._corpora[name]


def recordings(mixture: Mixture) -> list[Recording]:
    """The clips that `sepbench.mixing.render` wants for a row, read from their corpora.

    Raises:
        MissingData: one is not here.
    """
    return [open_corpus(corpus).read(clip) for corpus, clip in mixture.files]
