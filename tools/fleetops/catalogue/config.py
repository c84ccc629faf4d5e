"""fleetops.yaml: the environments in their order, where overlays, releases and schemas are."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct

from fleetops.catalogue.decode import read_struct
from fleetops.catalogue.gates import Gates, judge_gates
from fleetops.catalogue.schemas import judge_schemas
from fleetops.errors import InputError, Place, UsageError
from fleetops.words import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from fleetops.files import Repository
    from fleetops.goyaml import Document

CONFIG = "fleetops.yaml"

Word = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$(?!\n)",
        max_length=63,
        description="A name of lower-case letters, digits, - and ., as in prod-eu; at most 63.",
    ),
]
Folder = Annotated[str, Meta(min_length=1, description="A folder, relative to the repository.")]
Context = Annotated[str, Meta(min_length=1, description="The name of a context, as it is.")]
Registry = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[a-z0-9._-]+)*$(?!\n)",
        description="A registry or a folder of one, as in ghcr.io/example, without https://.",
    ),
]
Host = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[A-Za-z0-9._-]+)*$(?!\n)",
        description="A host or a folder of one, as in github.com/acme, without https://.",
    ),
]
Minor = Annotated[str, Meta(pattern=r"^1\.[0-9]+$(?!\n)", description='A minor, as in "1.37".')]


class Environment(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One environment, in the order in which releases pass through them."""

    name: Word
    overlay: Folder
    kubernetes: Annotated[tuple[Minor, ...], Meta(min_length=1)]
    """The minors whose API must accept the render."""
    prerequisites: tuple[Folder, ...] = ()
    """Files or folders with manifests of what the cluster has before: definitions of custom
    resources, classes, Secrets of operators. A rehearsal has them, and `validate --on-cluster`."""
    flux: Annotated[str, Meta(min_length=1)] | None = None
    """The file of the Kustomization of Flux that syncs the overlay, whose `postBuild` fills
    variables into the render."""
    gates: Gates = Gates()


class Excuse(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A check that is switched off for one resource, and why."""

    check: str
    resource: Annotated[
        str,
        Meta(
            pattern=r"^[^/\s]+/[^/\s]+$(?!\n)",
            description="Kind/name, where * stands for any characters.",
        ),
    ]
    reason: Annotated[
        str, Meta(min_length=10, description="Why this is right here, in ten characters or more.")
    ]
    environments: tuple[Word, ...] = ()
    """Where it holds; everywhere if none is named."""

    def covers(self, check: str, resource: str, environment: str) -> bool:
        """Tell whether it excuses a check's finding about a resource, given as Kind/name."""
        return (
            self.check == check
            and fnmatchcase(resource, self.resource)
            and (not self.environments or environment in self.environments)
        )


class Config(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """fleetops.yaml."""

    version: Literal[1]
    environments: Annotated[tuple[Environment, ...], Meta(min_length=1)]
    catalogue: Folder = "releases"
    """The folder of the release files."""
    schemas: tuple[Folder, ...] = ()
    """Folders of further schemas: CustomResourceDefinitions in YAML or JSON files, which can also
    be named one by one, and JSON schemas as <group>/<kind>_<version>.json."""
    exceptions: tuple[Excuse, ...] = ()
    registries: tuple[Registry, ...] = ()
    """Where images may come from; from anywhere if none is named."""
    remotes: tuple[Host, ...] = ()
    """The hosts, or folders of hosts, that bases may be fetched from; from nowhere if none is
    named."""
    helm: bool = False
    """Whether Helm charts that lie in the repository are rendered."""
    forge: Literal["github", "gitlab", "gitea"] | None = None
    """What the host of the remote is, where it is neither github.com nor gitlab.com."""
    throwaway_contexts: tuple[Context, ...] = ()
    """The contexts of kubeconfigs that a rehearsal may use: clusters that nobody would miss."""

    def environment(self, name: str) -> Environment:
        """Find an environment; UsageError with the nearest name if there is none."""
        for environment in self.environments:
            if environment.name == name:
                return environment
        names = [environment.name for environment in self.environments]
        raise UsageError(unknown("environment", name, names))

    def before(self, environment: Environment) -> Environment | None:
        """Find the environment right before the one of this name."""
        index = [one.name for one in self.environments].index(environment.name)
        return self.environments[index - 1] if index else None


def described_folder(directory: Path) -> Path | None:
    """Find the folder that is described: this one or one above, no further up than its repository.

    Raises UsageError where it is no folder.
    """
    start = directory.absolute()
    if not start.is_dir():
        raise UsageError(f"{start} is not a folder")
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            return folder
        # What is above belongs to somebody else.
        if (folder / ".git").exists():
            break
    return None


def parse_config(repository: Repository) -> Config:
    """Read fleetops.yaml of another time, whose checks and minors need not be known today.

    Raises InputError with the line where it is none.
    """
    config, document = read_struct(repository, CONFIG, Config)
    _judge_gates(config, document)
    return config


def read_config(
    repository: Repository, minors: Sequence[str], checks: Callable[[], Iterable[str]]
) -> Config:
    """Read fleetops.yaml; InputError with the line where it is wrong.

    `minors` are those with schemas, `checks` gives the IDs that an exception can name.
    """
    config, document = read_struct(repository, CONFIG, Config)

    def known(kind: str, word: str, words: Iterable[str], *path: str | int) -> None:
        if word not in words:
            place = Place(CONFIG, document.line_of(path))
            raise InputError(unknown(kind, word, words), place=place)

    names = [environment.name for environment in config.environments]
    for index, name in enumerate(names):
        if name in names[:index]:
            place = Place(CONFIG, document.line_of(("environments", index, "name")))
            raise InputError(f"names the environment {name!r} twice", place=place)
        for position, minor in enumerate(config.environments[index].kubernetes):
            path = ("environments", index, "kubernetes", position)
            known("Kubernetes minor", minor, minors, *path)
    _judge_gates(config, document)
    for index, excuse in enumerate(config.exceptions):
        known("check", excuse.check, checks(), "exceptions", index, "check")
        for position, name in enumerate(excuse.environments):
            known("environment", name, names, "exceptions", index, "environments", position)
    for index, folder in enumerate(config.schemas):
        judge_schemas(repository, folder, Place(CONFIG, document.line_of(("schemas", index))))
    return config


def _judge_gates(config: Config, document: Document) -> None:
    for index, environment in enumerate(config.environments):

        def place(*path: str | int, index: int = index) -> Place:
            return Place(CONFIG, document.line_of(("environments", index, "gates", *path)))

        judge_gates(environment.gates, first=index == 0, place=place)
