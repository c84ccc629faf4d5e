"""Rules on the versions of databases, whose data outlives the container."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import Struct

from fleetops.change.pairing import join
from fleetops.danger.interface import Rule, Weight
from fleetops.danger.lasting import lasting_images
from fleetops.manifests import split_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.danger.interface import Change, Danger, Pair
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest

Version = tuple[int, ...]
"""As many of major, minor and patch as a tag says."""

_VERSION = re.compile(r":v?([0-9]{1,4})(?:\.([0-9]{1,4}))?(?:\.([0-9]{1,4}))?(?![0-9])")
_EXTENSIONS = ("pgvector", "timescaledb", "timescaledb-ha")
_EXTENDED = re.compile(r"[:-]pg([0-9]{1,4})(?![0-9])")
"""The PostgreSQL in the tag of an image that is named for an extension of it."""


class Database(Struct, frozen=True):
    """How a database goes from one version of its data to the next."""

    names: tuple[str, ...]
    """The last part of its images' names."""
    step: Literal["any", "next", "series", "none"]
    """Upwards over any major version, only to the next one, only along the series, or, as of
    PostgreSQL, never by another image alone."""
    series: tuple[tuple[int, int], ...] = ()
    """Major and minor of the versions that each follow one another."""


DATABASES = (
    Database(
        ("mongo", "mongodb", "mongodb-community-server", "percona-server-mongodb"),
        "series",
        ((3, 2), (3, 4), (3, 6), (4, 0), (4, 2), (4, 4), (5, 0), (6, 0), (7, 0), (8, 0)),
    ),
    Database(("postgres", "postgresql", "postgis", *_EXTENSIONS), "none"),
    Database(("timescaledb", "timescaledb-ha"), "any"),
    Database(
        ("mysql", "percona", "percona-server"),
        "series",
        ((5, 5), (5, 6), (5, 7), (8, 0), (8, 4), (9, 0)),
    ),
    Database(("mariadb",), "any"),
    Database(("redis", "valkey"), "any"),
    *(
        Database((name,), "next")
        for name in ("elasticsearch", "opensearch", "cassandra", "rabbitmq", "neo4j", "influxdb")
    ),
    Database(("etcd",), "series", ((3, 3), (3, 4), (3, 5), (3, 6))),
)
"""After the upgrade guides of each: MongoDB and MySQL go from series to series, PostgreSQL's data
are of one major version only, and none goes back."""


class _Run(NamedTuple):
    """A container that runs a database."""

    path: NodePath
    """To its image."""
    name: str
    """Its own."""
    repository: str
    database: Database
    version: Version


class _Move(NamedTuple):
    """A database that may get another version."""

    pair: Pair
    path: NodePath
    database: Database
    old: Version
    new: Version

    @property
    def formats(self) -> tuple[Version, Version]:
        """The parts of both versions that say what the data are of."""
        if self.database.step != "none":
            return self.old, self.new
        old, new = (one[: 1 if one >= (10,) else 2] for one in (self.old, self.new))
        return old, new


def database_downgraded(change: Change) -> Iterator[Danger]:
    """A database gets an older version.

    It does not start on data that a newer version has written, or damages it. Going back means
    restoring a backup from before. That holds for the known images of databases, mongo, postgres,
    mysql, mariadb, redis and the like, by the last part of their names and the version in the tag;
    of PostgreSQL only the major version counts, which is that after `pg` in a tag as
    `2.14.2-pg16`. A container that only runs at the start of a pod, or in a Job, counts if it
    mounts a volume that outlives the pod; otherwise it is a client.
    """
    for move in _moves(change):
        old, new = move.formats
        # A shorter version says nothing of what it leaves out.
        if new[: len(old)] < old[: len(new)]:
            message = f"goes from {_said(move.old)} back to {_said(move.new)}"
            yield move.pair.danger(message, *move.path)


def database_version_skipped(change: Change) -> Iterator[Danger]:
    """A database skips a version that it has to pass through.

    MongoDB, MySQL and etcd go from one series to the next, Elasticsearch and its like from one
    major version to the next, and PostgreSQL does not start on the data of another major version at
    all: it needs pg_upgrade, or a dump. The pod would not come up. Promote the versions between one
    after the other. Which containers count is said of database-downgraded.
    """
    for move in _moves(change):
        old, new = move.formats
        if old < new and _skips(move.database, old, new):
            message = f"goes from {_said(move.old)} to {_said(move.new)} in one step"
            yield move.pair.danger(message, *move.path)


def _skips(database: Database, old: Version, new: Version) -> bool:
    match database.step:
        case "any":
            return False
        case "none":
            return new[: len(old)] != old[: len(new)]
        case "next":
            return new[0] > old[0] + 1
        case "series":
            start, end = ((*version, 0)[:2] for version in (old, new))
            return sum(start < one <= end for one in database.series) > 1


def _moves(change: Change) -> Iterator[_Move]:
    """Give the databases that stay in an object that differs, under whatever container's name."""
    for pair in change.pairs:
        after = list(_runs(pair.new))
        before = list(_runs(pair.old)) if after else []
        for old, new in join(
            before,
            after,
            lambda run: (run.database, run.name),
            lambda run: (run.database, run.repository),
            lambda run: run.database,
        ):
            if old is not None and new is not None:
                run = after[new]
                yield _Move(pair, run.path, run.database, before[old].version, run.version)


def _runs(manifest: Manifest) -> Iterator[_Run]:
    for path, reference in lasting_images(manifest):
        repository, tag = split_image(reference)
        image, name = repository.rpartition("/")[2], str(manifest.get(*path[:-1], "name"))
        for database in DATABASES:
            version = _version(database, image, tag) if image in database.names else ()
            if version:
                yield _Run(path, name, repository, database, version)


def _version(database: Database, image: str, tag: str) -> Version:
    extended = database.step == "none" and image in _EXTENSIONS
    found = _EXTENDED.search(tag) if extended else _VERSION.match(tag)
    return tuple(int(one) for one in found.groups() if one) if found else ()


def _said(version: Version) -> str:
    return ".".join(map(str, version))


RULES = (Rule(database_downgraded, Weight.REFUSE), Rule(database_version_skipped, Weight.REFUSE))
