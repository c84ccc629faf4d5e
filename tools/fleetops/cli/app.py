"""The commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from fleetops.cli import completion
from fleetops.cli.session import Format

if TYPE_CHECKING:
    from fleetops.cli.session import Session

app = typer.Typer(
    name="fleetops",
    help="Promote a release through Kustomize overlays, and prove what that changes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
tools = typer.Typer(help="The external programs.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(tools, name="tools")

Output = Annotated[
    Format, typer.Option("--output", "-o", help="How the result is printed on stdout.")
]
Env = Annotated[
    str,
    typer.Option("--env", "-e", help="The environment.", autocompletion=completion.environments),
]


def _version(value: bool) -> None:  # noqa: FBT001
    if value:
        from fleetops import __version__

        typer.echo(f"fleetops {__version__}")
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Option("--directory", "-C", help="Work as if started in this folder.")
    ] = Path(),
    version: Annotated[  # noqa: ARG001, FBT002
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Promote a release through Kustomize overlays, and prove what that changes."""
    session: Session = context.obj
    session.directory = directory


@app.command()
def promote(  # noqa: PLR0913
    context: typer.Context,
    release: Annotated[
        str, typer.Argument(help="The release.", autocompletion=completion.releases)
    ],
    env: Env,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Prove all, write nothing.")] = False,
    force_order: Annotated[
        bool,
        typer.Option(
            "--force-order", help="Even if the environment before does not run the release."
        ),
    ] = False,
    output: Output = Format.TEXT,
) -> None:
    """Make an environment run a release.

    The images: of its overlay are edited in memory, the render before and after is compared, and
    the new one is validated. Only when it differs in exactly the release's images and passes every
    check is the file written; otherwise nothing is.
    """
    session: Session = context.obj

    from fleetops.api.promote import Request
    from fleetops.api.promote import promote as run

    fleet = session.fleet(output)
    request = Request(fleet.release(release), fleet.config.environment(env), dry_run, force_order)
    session.print(run(fleet, request, session.narrate))


@app.command()
def validate(
    context: typer.Context,
    env: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--env",
            "-e",
            help="An environment; all by default.",
            autocompletion=completion.environments,
        ),
    ] = None,
    output: Output = Format.TEXT,
) -> None:
    """Validate what a controller would apply: strict schemas, and checks over the whole render."""
    session: Session = context.obj

    from fleetops.api.validate import validate as run

    result = run(session.fleet(output), env or (), session.narrate)
    session.print(result)
    if not result.ok:
        raise typer.Exit(1)


@app.command()
def status(context: typer.Context, output: Output = Format.TEXT) -> None:
    """Tell from the repository alone which release each environment runs, and what is off."""
    session: Session = context.obj

    from fleetops.api.status import status as run

    session.print(run(session.fleet(output), session.narrate))


@app.command()
def releases(context: typer.Context, output: Output = Format.TEXT) -> None:
    """List the catalogue, and where each release runs."""
    session: Session = context.obj

    from fleetops.api.status import releases as run

    session.print(run(session.fleet(output), session.narrate))


@app.command()
def explain(
    check: Annotated[
        str, typer.Argument(help="The ID of a check.", autocompletion=completion.checks)
    ] = "",
) -> None:
    """Explain a check, or list them all."""
    from fleetops.api.explain import explain as run

    typer.echo(run(check))


@app.command()
def doctor(context: typer.Context, output: Output = Format.TEXT) -> None:
    """Tell which programs are there, in which version, and what puts right what is missing."""
    session: Session = context.obj

    from fleetops.api.doctor import doctor as run

    session.output = output
    result = run(session.directory)
    session.print(result)
    if not result.ok:
        raise typer.Exit(3)


@app.command()
def schema(
    name: Annotated[
        str,
        typer.Argument(help="config, release, or a command.", autocompletion=completion.schemas),
    ],
) -> None:
    """Print the JSON schema of fleetops.yaml, of release files or of a command's JSON output."""
    import json

    from fleetops.api.schemas import schema as run

    typer.echo(json.dumps(run(name), indent=2))


@tools.command("install")
def tools_install(context: typer.Context) -> None:
    """Build the external programs ahead, as far as PATH does not have them."""
    session: Session = context.obj

    from fleetops.api.doctor import install as run

    for path in run(session.directory, session.narrate):
        typer.echo(path)
