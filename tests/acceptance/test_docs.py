"""The documentation says what is so: its transcript, its snippets and its page of checks."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

import commandpages
from fleetops import goyaml
from fleetops.api.schemas import schema
from fleetops.catalogue import SCHEMAS
from fleetops.checks import CHECKS
from fleetops.cli.app import build_parser
from fleetops.cli.manual import MANUALS
from fleetops.danger import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetcopy import FleetCopy
    from fleetops.checks import Check
    from fleetops.danger import Rule

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text()


CHECKS_HEAD = """# The checks

A finding about a resource can be switched off, with a reason, under `exceptions` in fleetops.yaml;
what a finding says of a kustomization file has to be put right there. An error fails a validation
and refuses a promotion; a warning is said.
"""

DANGERS_HEAD = """# The danger rules

They look at two renders of an environment, the old one and the new one. `fleetops diff` shows what
they foretell. `fleetops promote` and `fleetops validate --from REF` refuse what is grave, unless
it is accepted with `--accept RULE --because "…"`, once for each rule. Of the rest they warn.
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def page(head: str, ones: Sequence[Check | Rule]) -> str:
    parts = [head]
    for one in ones:
        title, _, text = one.page.partition("\n\n")
        parts.append(f"## {one.id}\n\n**{title}** ({one.severity.value})\n\n{text}\n")
    return "\n".join(parts)


@pytest.mark.acceptance
def test_readme_transcript_is_what_happens(fleet: FleetCopy) -> None:
    (transcript,) = blocks("console")
    commands = re.findall(r"^\$ (.*)\n", transcript, re.MULTILINE)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    said = ""
    subprocess.run(["git", "add", "--all"], cwd=fleet.root, check=True)  # noqa: S607
    for command in commands:
        outcome = subprocess.run(
            ["bash", "-c", command],  # noqa: S607
            cwd=fleet.root,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said += f"$ {command}\n{outcome.stdout}"
    assert said == transcript


@pytest.mark.parametrize("number", range(2))
def test_readme_snippets_are_valid(number: int) -> None:
    (document,) = goyaml.read(blocks("yaml")[number], "README.md")
    kind = "release" if "release" in document.value else "config"
    msgspec.convert(document.value, SCHEMAS[kind])


def test_the_page_of_gates_shows_a_fleetops_yaml_that_can_be_read(fleet: FleetCopy) -> None:
    page = (DOCS / "gates.md").read_text()
    (example,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    fleet.write("fleetops.yaml", example)
    assert fleet.run("status").code == 0


def test_readme_names_every_command() -> None:
    (action,) = (one for one in build_parser()._subparsers._group_actions)  # type: ignore[union-attr]
    commands = set(action.choices or ())
    table = set(re.findall(r"^\| `fleetops ([a-z]+)", README, re.MULTILINE))
    assert table == commands


def test_the_pages_of_the_commands_are_what_the_commands_say(
    request: pytest.FixtureRequest,
) -> None:
    folder = DOCS / "commands"
    made = commandpages.pages()
    if request.config.getoption("--update-golden"):
        folder.mkdir(exist_ok=True)
        for name, text in made.items():
            (folder / name).write_text(text)
    assert {path.name: path.read_text() for path in folder.iterdir()} == made


def test_every_command_has_examples_that_can_be_read() -> None:
    parser = build_parser()
    alone = {name for name, one in commandpages.commands().items() if one._subparsers is None}
    assert alone == set(MANUALS)
    for name, manual in MANUALS.items():
        assert manual.examples
        for _, line in manual.examples:
            for words in re.findall(r"fleetops [^;&|>)]+", line):
                command = shlex.split(words)[1:]
                assert parser.parse_args(command).command
                assert f"fleetops {' '.join(command)} ".startswith(f"{name} ") or "&&" in line


def built(pages: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site as `make docs` does."""
    sphinx = (sys.executable, "-m", "sphinx", "-qWn", "--keep-going")
    return subprocess.run(
        [*sphinx, "-d", "read", pages, "site"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.acceptance
def test_the_documentation_is_built_without_a_warning(tmp_path: Path) -> None:
    done = built(DOCS, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "fleetops promote" in (tmp_path / "site/commands/promote.html").read_text()


@pytest.mark.acceptance
def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "conf.py").write_text((DOCS / "conf.py").read_text())
    (pages / "index.md").write_text("# Here\n\n[gone](gone.md), [nowhere](other.md#nowhere)\n")
    (pages / "other.md").write_text("# Other\n")
    done = built(pages, tmp_path)
    assert done.returncode == 1
    for said in ("'gone.md'", "'nowhere'", "other.md: WARNING: document isn't included"):
        assert said in done.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [("checks", page(CHECKS_HEAD, CHECKS)), ("dangers", page(DANGERS_HEAD, RULES))],
    ids=["checks", "dangers"],
)
def test_pages_are_those_of_the_checks_and_rules(
    name: str, text: str, request: pytest.FixtureRequest
) -> None:
    file = DOCS / f"{name}.md"
    if request.config.getoption("--update-golden"):
        file.write_text(text)
    assert file.read_text() == text


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_for_editors_are_the_published_ones(
    request: pytest.FixtureRequest, name: str
) -> None:
    file = DOCS / "schemas" / f"{name}.json"
    text = f"{json.dumps(schema(name), indent=2)}\n"
    if request.config.getoption("--update-golden"):
        file.write_text(text)
    assert file.read_text() == text


def test_documents_link_to_what_is_there() -> None:
    broken = [
        f"{document.relative_to(ROOT)}: {link}"
        for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text())
        if not (document.parent / link).exists()
    ]
    assert broken == []


def test_published_schemas_are_json_schemas() -> None:
    import jsonschema

    for name in (
        "config",
        "release",
        "promote",
        "validate",
        "diff",
        "status",
        "wait",
        "report",
        "releases",
        "doctor",
    ):
        jsonschema.Draft202012Validator.check_schema(schema(name))
