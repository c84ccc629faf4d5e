"""Rules on the versions of databases, whose data outlives the container."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from fleetops.danger.interface import Rule, Weight
from fleetops.manifests import images, split_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.danger.interface import Change, Danger, Pair
    from fleetops.goyaml import NodePath

Version = tuple[int, ...]
"""As many of major, minor and patch as a tag says."""

_VERSION = re.compile(r":v?([0-9]{1,4})(?:\.([0-9]{1,4}))?(?:\.([0-9]{1,4}))?(?![0-9])")


class Database(Struct, frozen=True):
    """How a database goes from one version of its data to the next."""

    names: tuple[str, ...]
    """The last part of its images' names."""
    step: Literal["any", "next", "series", "none"]
    """Upwards over any major version, only to the next one, only along the series, or never by
    another image alone."""
    series: tuple[tuple[int, int], ...] = ()
    """Major and minor of the versions that each follow one another."""


DATABASES = (
    Database(
        ("mongo", "mongodb", "mongodb-community-server", "percona-server-mongodb"),
        "series",
        ((3, 2), (3, 4), (3, 6), (4, 0), (4, 2), (4, 4), (5, 0), (6, 0), (7, 0), (8, 0)),
    ),
    Database(("postgres", "postgresql", "postgis", "timescaledb"), "none"),
    Database(
        ("mysql", "percona", "percona-server"),
        "series",
        ((5, 5), (5, 6), (5, 7), (8, 0), (8, 4), (9, 0)),
    ),
    Database(("mariadb",), "any"),
    Database(("redis", "valkey"), "any"),
    Database(("elasticsearch", "opensearch", "cassandra", "rabbitmq", "neo4j", "influxdb"), "next"),
    Database(("etcd",), "series", ((3, 3), (3, 4), (3, 5), (3, 6))),
)
"""After the upgrade guides of each: MongoDB and MySQL go from series to series, PostgreSQL's data
are of one major version only, and none goes back."""


def database_downgraded(change: Change) -> Iterator[Danger]:
    """A database gets an older version.

    It does not start on data that a newer version has written, or damages it. Going back means
    restoring a backup from before. That holds for the known images of databases, mongo, postgres,
    mysql, mariadb, redis and the like, by the last part of their names and the version in the tag.
    """
    for pair, path, _, old, new in _moves(change):
        # A shorter version says nothing of what it leaves out.
        if new[: len(old)] < old[: len(new)]:
            yield pair.danger(f"goes from {_said(old)} back to {_said(new)}", *path)


def database_version_skipped(change: Change) -> Iterator[Danger]:
    """A database skips a version that it has to pass through.

    MongoDB, MySQL and etcd go from one series to the next, Elasticsearch and its like from one
    major version to the next, and PostgreSQL does not start on the data of another major version at
    all: it needs pg_upgrade, or a dump. The pod would not come up. Promote the versions between one
    after the other.
    """
    for pair, path, database, old, new in _moves(change):
        if old < new and _skips(database, old, new):
            yield pair.danger(f"goes from {_said(old)} to {_said(new)} in one step", *path)


def _skips(database: Database, old: Version, new: Version) -> bool:
    match database.step:
        case "any":
            return False
        case "none":
            return new[0] != old[0]
        case "next":
            return new[0] > old[0] + 1
        case "series":
            start, end = ((*version, 0)[:2] for version in (old, new))
            return sum(start < one <= end for one in database.series) > 1


def _moves(change: Change) -> Iterator[tuple[Pair, NodePath, Database, Version, Version]]:
    """Give the databases that get another version, with both versions."""
    for pair in change.pairs:
        known = {path for path, _ in images(pair.new.value)}
        for field in pair.fields:
            old, new = field.before, field.after
            if field.new not in known or not isinstance(old, str) or not isinstance(new, str):
                continue
            database, before, after = _database(new), _version(old), _version(new)
            if database is not None and _database(old) == database and before and after:
                yield pair, field.new, database, before, after


def _database(reference: str) -> Database | None:
    name = split_image(reference).name.rpartition("/")[2]
    return next((one for one in DATABASES if name in one.names), None)


def _version(reference: str) -> Version:
    found = _VERSION.match(split_image(reference).version)
    return tuple(int(one) for one in found.groups() if one) if found else ()


def _said(version: Version) -> str:
    return ".".join(map(str, version))


RULES = (Rule(database_downgraded, Weight.REFUSE), Rule(database_version_skipped, Weight.REFUSE))
