"""``sepbench environment``: environments of their own for packages that cannot share ours."""

from __future__ import annotations

from typing import Annotated

import typer

from sepbench.cli import options

app = typer.Typer(help="Make environments for packages that cannot share this one's.", no_args_is_help=True)


@app.command("list")
def list_(json: options.Json = False) -> None:
    """Show which environments there are and which are here."""
    from sepbench.cli.output import print_json, print_table
    from sepbench.embeddings.environments import ENVIRONMENTS, interpreter
    from sepbench.errors import MissingData

    found = []
    for one in ENVIRONMENTS.values():
        try:
            found.append({"name": one.name, "python": str(interpreter(one)), "variable": one.variable, "remedy": ""})
        except MissingData as error:
            found.append({"name": one.name, "python": "", "variable": one.variable, "remedy": error.remedy})
    if json:
        print_json(found)
        return
    rows = [[one["name"], one["python"] or "not here", one["variable"], one["remedy"]] for one in found]
    print_table("environments", ["name", "interpreter", "or named by", "to do"], rows)


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="Name of the environment, see sepbench environment list.")],
    python: Annotated[
        str, typer.Option("--python", help="The Python to make it with.", show_default="one that can")
    ] = "",
) -> None:
    """Make an environment anew in the cache, with pinned packages; takes minutes and about 2 GB."""
    from sepbench.embeddings.environments import environment, suitable_python
    from sepbench.embeddings.environments import make as make_environment

    wanted = environment(name)
    print(make_environment(wanted, suitable_python(python), print))
