"""The ontology's table: complete, without loops, with the published names; and the look-ups on it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sepbench.corpora.audioset_ontology import TABLE, Ontology, ontology
from sepbench.errors import InvalidRecord

LABELS = Path(__file__).parents[3] / "shared" / "data" / "metadata" / "audiosep" / "class_labels_indices.csv"
ROOTS = {
    "Animal",
    "Channel, environment and background",
    "Human sounds",
    "Music",
    "Natural sounds",
    "Sounds of things",
    "Source-ambiguous sounds",
}


def rows() -> list[list[str]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")][1:]


def test_the_table_has_632_classes_below_seven_roots_and_every_parent() -> None:
    found = rows()
    ids = {mid for mid, _, _ in found}
    assert len(found) == len(ids) == len({name for _, name, _ in found}) == len(ontology()) == 632
    assert {name for _, name, above in found if not above} == ROOTS
    assert {parent for _, _, above in found for parent in above.split(",") if parent} <= ids


def test_no_class_is_above_itself_and_all_end_in_a_root() -> None:
    roots = {ontology().mid(name) for name in ROOTS}
    for mid, _, _ in rows():
        above = ontology().ancestors(mid)
        assert mid not in above
        assert mid in roots or above & roots


def test_the_table_says_where_it_comes_from_and_its_licence() -> None:
    head = TABLE.read_text(encoding="utf-8").split("mid\tname")[0]
    assert "CC BY-SA 4.0" in head and "https://github.com/audioset/ontology" in head


def test_audiosets_527_labels_are_in_it_under_their_names() -> None:
    if not LABELS.is_file():
        pytest.skip("needs AudioSet's class names beside the project (shared/data/metadata/audiosep)")
    with LABELS.open(newline="") as file:
        labels = {row["mid"]: row["display_name"] for row in csv.DictReader(file)}
    assert len(labels) == 527
    assert {mid: ontology().name(mid) for mid in labels} == labels


@pytest.mark.parametrize(
    ("name", "above"),
    [
        ("Bark", {"Dog", "Domestic animals, pets", "Animal"}),
        ("Growling", {"Dog", "Cat", "Roaring cats (lions, tigers)", "Canidae, dogs, wolves"}),  # several parents
        ("Police car (siren)", {"Siren", "Alarm", "Emergency vehicle", "Motor vehicle (road)", "Vehicle"}),
        ("Electric guitar", {"Guitar", "Plucked string instrument", "Musical instrument", "Music"}),
    ],
)
def test_known_chains(name: str, above: set[str]) -> None:
    found = {ontology().name(mid) for mid in ontology().ancestors(ontology().mid(name))}
    assert above <= found


def test_leaves_keep_siblings_and_drop_what_is_above_any() -> None:
    def leaves(*names: str) -> list[str]:
        return [ontology().name(mid) for mid in ontology().leaves(map(ontology().mid, names))]

    assert leaves("Dog", "Animal", "Cat") == ["Dog", "Cat"]
    assert leaves("Speech", "Speech") == ["Speech"]
    assert leaves() == []


def test_what_is_not_in_it_is_named() -> None:
    with pytest.raises(InvalidRecord, match="given /m/nothing"):
        ontology().name("/m/nothing")
    with pytest.raises(InvalidRecord, match="given /m/nothing"):
        ontology().ancestors("/m/nothing")
    with pytest.raises(InvalidRecord, match="given Dgo") as error:
        ontology().mid("Dgo")
    assert "Dog" in error.value.remedy


def test_a_class_with_two_parents_has_the_ancestors_of_both() -> None:
    small = Ontology({"a": "A", "b": "B", "c": "C", "d": "D"}, {"a": (), "b": ("a",), "c": (), "d": ("b", "c")})
    assert small.ancestors("d") == {"a", "b", "c"}
    assert small.names_with_ancestors(["d"]) == ("A", "B", "C", "D")
