"""The files of weights that adapters read: what they are called, where they are, and what to do where they are not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from sepbench.separators.spec import Conversion, Model, load_model
from sepbench.weights import Weight, checked, find, verify, weights_folder


@dataclass(frozen=True)
class Needed:
    """A published file, and how it is converted before it is read; None where it is read as it is."""

    weight: Weight
    conversion: Conversion | None = None


def needed_by(model: Model) -> tuple[Needed, ...]:
    """The files that a model reads. They go by the adapter's name, or by the variant's that has its own."""
    variant = model.name.partition(":")[2]
    own = variant in model.file.facts and model.file.facts[variant].weights is not None
    name = model.name if own else model.folder.name
    return tuple(
        Needed(
            Weight(one.name or name, one.url, one.file, one.sha256, one.bytes, one.licence, one.by_hand),
            one.conversion,
        )
        for one in model.file.weights
    )


def needed_in(folder: Path) -> dict[str, tuple[Needed, ...]]:
    """The same of an adapter and of all its variants with files of their own, by model."""
    model = load_model(folder)
    own = [variant for variant, facts in model.file.facts.items() if facts.weights is not None]
    return {one.name: needed_by(one) for one in (model, *(load_model(folder, variant) for variant in own))}


def read_from(needed: Needed) -> Path:
    """The file that is read: the published one, or what ``sepbench weights convert`` made of it.

    Raises:
        MissingData: it is not here; the remedy is the command that brings it.
    """
    weight, conversion = needed.weight, needed.conversion
    if conversion is None:
        return find(weight)
    try:
        return find(replace(weight, url="", file=conversion.file))
    except MissingData as missing:
        steps = [*_steps_before(weight), f"sepbench weights convert {weight.name}"]
        if weight.by_hand:
            steps = [f"{weight.by_hand}; then sepbench weights convert {weight.name} --from FILE"]
        raise MissingData(missing.what, given=missing.given, wanted=weight.url, remedy=" && ".join(steps)) from None


def _steps_before(weight: Weight) -> list[str]:
    """What comes before a conversion: nothing where the published file is here."""
    try:
        find(weight)
    except MissingData as missing:
        return [missing.remedy]
    return []


def require_weights(model: Model) -> None:
    """Find all files that a model and its bases read: one that is missing is told of before any work is done.

    Raises:
        MissingData: one is not here; the remedy is the command that brings it.
    """
    for needed in needed_by(model):
        read_from(needed)
    for base in model.bases:
        require_weights(base)


def converted(needed: Needed, source: Path | None = None) -> Path | None:
    """What was converted before, of the published file or of the `source` that stands for it; None where nothing was.

    Raises:
        MissingData, SepbenchError: the source is not there; what was converted cannot be read.
    """
    try:
        path = read_from(needed)
    except MissingData:
        return None
    from sepbench.networks.conversion import source_of

    made_from = source_of(path)
    wanted = needed.weight.sha256 or (made_from if source is None else checked(_at(needed.weight, source)))
    return path if made_from == wanted else None


def convert(needed: Needed, source: Path | None = None) -> Path:
    """Make the file that is read out of the published one, whose length and hash are checked before.

    One that is read as it is, is only checked.

    Args:
        source: the published file, where it is not among the fetched ones.

    Raises:
        MissingData: the published file is not here; the remedy is the command that brings it.
        SepbenchError: it is another file, or does not hold what is read of it.
    """
    weight = needed.weight if source is None else _at(needed.weight, source)
    published, how = verify(weight), needed.conversion
    if how is None:
        return published
    from sepbench.networks.conversion import write_kept

    target = weights_folder() / how.file
    write_kept(published, target, sha256=checked(weight), within=how.within, keep=how.keep, drop=how.drop)
    return target


def _at(weight: Weight, path: Path) -> Weight:
    return replace(weight, url=path.absolute().as_uri(), file=str(path.absolute()))


def path_of(folder: Path, file: str) -> Path:
    """Where an adapter reads a file that its ``adapter.toml`` names.

    Args:
        folder: the adapter's.
        file: as in ``file`` of the entry, of the adapter or of one of its variants.

    Raises:
        InvalidRecord: no entry names it.
        MissingData: it is not here; the remedy is the command that brings it.
        SepbenchError: it was converted from another file than the published one.
    """
    known = [needed for group in needed_in(folder).values() for needed in group if needed.weight.file == file]
    if not known:
        raise InvalidRecord(f"{folder / 'adapter.toml'}: no weights of that name", given=file, remedy="add an entry")
    path = read_from(known[0])
    if known[0].conversion is not None:
        _check_source(known[0].weight, path)
    return path


def _check_source(weight: Weight, path: Path) -> None:
    from sepbench.networks.conversion import source_of

    source = source_of(path)
    if weight.sha256 not in (None, source):
        raise SepbenchError(
            f"{path} was not converted from the official file of {weight.name}",
            given=f"sha256 {source}",
            wanted=f"sha256 {weight.sha256}",
            remedy=f"sepbench weights convert {weight.name}",
        )
