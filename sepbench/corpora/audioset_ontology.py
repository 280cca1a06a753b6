"""The AudioSet ontology: which class is a kind of which (Gemmeke et al., ICASSP 2017, doi 10.1109/ICASSP.2017.7952261).

632 classes below seven roots; 527 of them are AudioSet's labels, 200 FSD50K's. A class may have several parents. The
table beside this file holds ids, names and parents, and is CC BY-SA 4.0 as the ontology is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from sepbench.errors import InvalidRecord
from sepbench.records import read_text
from sepbench.search_path import closest

TABLE = Path(__file__).with_suffix(".tsv")


class Ontology:
    """Names and ancestors of classes, which are given by id ("/m/0bt9lr")."""

    def __init__(self, names: dict[str, str], parents: dict[str, tuple[str, ...]]) -> None:
        self._names = names
        self._parents = parents
        self._ids = {name: mid for mid, name in names.items()}
        self._ancestors: dict[str, frozenset[str]] = {}

    def __len__(self) -> int:
        return len(self._names)

    def name(self, mid: str) -> str:
        """The display name of a class.

        Raises:
            InvalidRecord: the ontology has no such id.

        >>> ontology().name("/m/0bt9lr")
        'Dog'
        """
        if mid not in self._names:
            raise InvalidRecord("no class of the AudioSet ontology", given=mid, wanted="an id such as /m/0bt9lr")
        return self._names[mid]

    def mid(self, name: str) -> str:
        """The id of a class by its display name.

        Raises:
            InvalidRecord: the ontology has no such name; the nearest are given.
        """
        if name not in self._ids:
            raise InvalidRecord("no class of the AudioSet ontology", given=name, remedy=closest(name, list(self._ids)))
        return self._ids[name]

    def ancestors(self, mid: str) -> frozenset[str]:
        """Every class above this one, itself left out.

        >>> sorted(ontology().name(above) for above in ontology().ancestors("/m/0bt9lr"))
        ['Animal', 'Domestic animals, pets']
        """
        if mid not in self._ancestors:
            self.name(mid)
            above = self._parents[mid]
            self._ancestors[mid] = frozenset(above).union(*(self.ancestors(parent) for parent in above))
        return self._ancestors[mid]

    def leaves(self, mids: Iterable[str]) -> tuple[str, ...]:
        """Those classes of a set that are not above another of it, in the given order: what labels say that are smeared
        up the ontology.

        >>> smeared = ["Electric guitar", "Guitar", "Plucked string instrument", "Musical instrument", "Music"]
        >>> [ontology().name(mid) for mid in ontology().leaves(map(ontology().mid, smeared))]
        ['Electric guitar']
        """
        given = list(dict.fromkeys(mids))
        above = frozenset().union(*(self.ancestors(mid) for mid in given))
        return tuple(mid for mid in given if mid not in above)

    def names_with_ancestors(self, mids: Iterable[str]) -> tuple[str, ...]:
        """Names of the classes and of all above them, sorted."""
        given = list(mids)
        return tuple(sorted({self.name(mid) for mid in set(given).union(*(self.ancestors(one) for one in given))}))


@cache
def ontology() -> Ontology:
    """The ontology, read once."""
    lines = [line for line in read_text(TABLE).splitlines() if not line.startswith("#")][1:]
    rows = [line.split("\t") for line in lines]
    parents = {mid: tuple(above.split(",")) if above else () for mid, _, above in rows}
    return Ontology({mid: name for mid, name, _ in rows}, parents)
