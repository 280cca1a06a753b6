"""``sepbench manifest import``: lists that others published, and anybody's own pairs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sepbench.errors import SepbenchError

if TYPE_CHECKING:
    from sepbench.manifest import Manifest

app = typer.Typer(help="Import published lists, or pairs of your own.", no_args_is_help=True)
AUDIOSEP_LISTS = ("audiocaps", "clotho", "esc50", "music", "vggsound", "audioset")

Table = Annotated[Path, typer.Option("--csv", help="The list's file as published.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The .jsonl to write.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing list.")]


def refuse_to_replace(path: Path, force: bool) -> None:
    """Raises `SepbenchError` where the list exists and `force` does not say to replace it."""
    if path.exists() and not force:
        raise SepbenchError(
            "the list exists, and a frozen list is never edited",
            given=str(path),
            remedy="choose another --output, or --force while it is not published",
        )


def _audiosep(name: str) -> Callable[..., None]:
    """The command for one of AudioSep's lists."""

    def _command(
        table: Table,
        output: Output,
        snr_db: Annotated[
            float | None,
            typer.Option("--snr-db", min=-40, max=40, help="Ratio the pairs are rebuilt at.", show_default="0"),
        ] = None,
        premixed: Annotated[bool, typer.Option("--premixed", help="Rows of the published, ready-mixed audio.")] = False,
        force: Force = False,
    ) -> None:
        from sepbench.protocols.audiosep_lists import read_list
        from sepbench.protocols.audiosep_manifests import import_pairs, import_premixed

        if premixed and snr_db is not None:
            raise SepbenchError(
                "published mixtures have a ratio of their own",
                given=f"--snr-db {snr_db}",
                remedy="leave one option out",
            )
        refuse_to_replace(output, force)
        found = read_list(name, table)
        if found.warning:
            print(f"warning: {found.warning}", file=sys.stderr)
        _report(
            output, import_premixed(found, output) if premixed else import_pairs(found, output, snr_db=snr_db or 0.0)
        )

    return _command


for _name in AUDIOSEP_LISTS:
    _help = f"AudioSep's {_name} list: pairs at a stated ratio, or the published audio. Row numbers stay as flags."
    app.command(f"audiosep-{_name}", help=_help)(_audiosep(_name))


@app.command("dcase2024-t9")
def dcase2024_t9(
    table: Table,
    output: Output,
    captions: Annotated[
        Path | None, typer.Option("--captions", help="lass_validation.json; captions are then pointed to.")
    ] = None,
    force: Force = False,
) -> None:
    """Validation mixtures of DCASE 2024 task 9, from lass_synthetic_validation.csv."""
    from sepbench.corpora.dcase2024_t9 import INDEX, Dcase2024T9
    from sepbench.protocols.dcase2024_t9 import import_list

    if captions and captions.name != INDEX:
        raise SepbenchError("option --captions", given=str(captions), wanted=INDEX, remedy="name that file")
    refuse_to_replace(output, force)
    clips = Dcase2024T9(captions.parent).clips() if captions else ()
    _report(output, import_list(table, output, clips=clips))


@app.command()
def premixed(
    table: Annotated[Path, typer.Option("--csv", help="A CSV file with a header, one pair per line.")],
    mixture: Annotated[str, typer.Option("--mixture", help="Path of a mixture, columns in braces: 'mix/{id}.wav'.")],
    target: Annotated[str, typer.Option("--target", help="Path of its target, likewise.")],
    query: Annotated[str, typer.Option("--query", help="Column of the prompt.")],
    output: Output,
    root: Annotated[
        Path | None, typer.Option("--root", help="Folder of the audio.", show_default="the CSV file's")
    ] = None,
    group: Annotated[str | None, typer.Option("--group", help="Column of the recording; one is one cluster.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="Column of the target's class.")] = None,
    force: Force = False,
) -> None:
    """Make a suite of your own mixtures and targets, as they are."""
    from sepbench.protocols.pair_table import PairTable
    from sepbench.protocols.premixed import import_own_pairs

    refuse_to_replace(output, force)
    refuse_to_replace(output.with_suffix(".toml"), force)
    wanted = PairTable(table, root or table.parent, mixture, target, query, group, label)
    _report(output, import_own_pairs(wanted, output))
    print(f"next: sepbench run --models mixture --suite {output.with_suffix('.toml')}")
    print(f"{output.with_suffix('.items.csv')}: what estimates of your own are to be called")


def _report(output: Path, manifest: Manifest) -> None:
    print(f"{output}: {manifest.meta.rows} mixtures, hash {manifest.meta.content_hash[:16]}")
    for fault, count in manifest.meta.recipe.get("flags", {}).items():
        print(f"flagged {count}: {fault}")
    for note in manifest.meta.notes:
        print(f"note: {note}")
