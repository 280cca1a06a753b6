"""``sepbench manifest``: build a list, import one, verify it, look at one mixture of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sepbench.cli import import_command, options
from sepbench.cli.import_command import refuse_to_replace

app = typer.Typer(help="Build, import, verify and look at lists of mixtures.", no_args_is_help=True)
app.add_typer(import_command.app, name="import")
MISSING_SHOWN = 2
List = Annotated[Path, typer.Argument(help="The list's .jsonl file.")]


@app.command()
def build(
    recipe: Annotated[Path, typer.Argument(help="A recipe, NAME.recipe.toml.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The .jsonl to write. [default: beside the recipe]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing list.")] = False,
) -> None:
    """Draw the mixtures of a recipe; the same recipe and corpora give the same bytes."""
    from sepbench.protocols.dispatch import build_list
    from sepbench.suite import RECIPE_SUFFIX

    path = output or recipe.with_name(recipe.name.removesuffix(RECIPE_SUFFIX) + ".jsonl")
    refuse_to_replace(path, force)
    manifest = build_list(recipe, path)
    print(f"{path}: {manifest.meta.rows} mixtures, hash {manifest.meta.content_hash[:16]}")
    for reason, count in manifest.meta.refused.items():
        print(f"refused {count}: {reason}")


@app.command()
def verify(
    lists: Annotated[list[Path], typer.Argument(help="Lists' .jsonl files.")],
    sample: Annotated[int, typer.Option("--sample", min=0, help="Rows to render again, per list.")] = 10,
    json: options.Json = False,
) -> None:
    """Re-hash every row, look for every clip, and render a sample again."""
    from sepbench.cli.output import print_json, print_table
    from sepbench.protocols.verify import verify as verify_list

    found = [verify_list(path, sample=sample) for path in lists]
    if json:
        print_json([vars(one) | {"path": str(one.path), "missing": len(one.missing)} for one in found])
        return
    rows = [[str(one.path), "ok", *map(str, (one.rows, one.buildable, one.rendered, one.refused))] for one in found]
    print_table("manifests", ["list", "hashes", "rows", "buildable here", "rendered again", "refused"], rows)
    for line in dict.fromkeys(line for one in found for line in one.missing[:MISSING_SHOWN]):
        print(f"missing: {line}")


@app.command()
def show(
    manifest: List,
    mixture: Annotated[str, typer.Argument(help="A mixture's id or its beginning, or its line number.")] = "1",
    wav: Annotated[Path | None, typer.Option("--wav", help="Folder for the mixture and its stems.")] = None,
    png: Annotated[Path | None, typer.Option("--png", help="Spectrograms of mixture and stems.")] = None,
    json: options.Json = False,
) -> None:
    """Print one mixture; write its audio and its spectrograms if asked."""
    import json as json_library

    from sepbench.cli.mixture_view import draw_spectrograms, find_mixture, print_mixture, write_wavs
    from sepbench.cli.output import print_json
    from sepbench.corpora.availability import recordings
    from sepbench.corpora.pairs import tell_folder
    from sepbench.manifest import load, to_line
    from sepbench.mixing import render

    loaded = load(manifest)
    tell_folder(loaded)
    found = find_mixture(loaded, mixture)
    rendered = render(found, recordings(found)) if wav or png else None
    if json:
        print_json(json_library.loads(to_line(found)))
    else:
        print_mixture(found)
    if rendered and wav:
        for path in write_wavs(found, rendered, wav):
            print(path)
    if rendered and png:
        print(draw_spectrograms(found, rendered, png))
