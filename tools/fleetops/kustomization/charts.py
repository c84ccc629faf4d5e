"""The Helm charts that a kustomization renders.

Read in sigs.k8s.io/kustomize/api v0.21.2, types/helmchartargs.go and
internal/builtins/HelmChartInflationGenerator.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from fleetops.errors import InputError
from fleetops.words import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleetops.errors import Place

_WORDS: Final = (
    *("kubeVersion", "name", "namespace", "releaseName", "repo", "valuesFile", "valuesMerge"),
    "version",
)
_LISTS: Final = ("additionalValuesFiles", "apiVersions")
_OTHERS: Final = ("devel", "includeCRDs", "skipHooks", "skipTests", "valuesInline")
_FIELDS: Final = (*_WORDS, *_LISTS, *_OTHERS)
_FORMER: Final = {
    "chartHome": "chartHome",
    "chartName": "name",
    "chartRepoUrl": "repo",
    "chartVersion": "version",
    "releaseName": "releaseName",
    "values": "valuesFile",
    "valuesLocal": "valuesInline",
    "valuesMerge": "valuesMerge",
}
"""The fields of `helmChartInflationGenerator` that say something, and what they are called now."""
_REFUSED: Final = {
    "configHome": "Helm would read what else is there",
    "extraArgs": "it could have Helm read, run or fetch anything",
    "helmBin": "it would be run",
    "nameTemplate": "it could be another name each time",
}
"""Fields of kustomize's that would take what is rendered out of the repository's hands."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_RELEASE: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?")


class Chart(Struct, frozen=True):
    """A chart, and where it is named."""

    place: Place
    name: str
    release: str
    folder: str
    """Where it stands."""
    values: tuple[tuple[str, Place], ...]
    """The files with its values, from the folder of the kustomization as `folder` is at first, and
    where each is named."""
    pull: str
    """The command that would put it there."""


def charts(value: dict[str, Any], place: Callable[..., Place]) -> Iterator[Chart]:
    """Give the charts of a kustomization, where kustomize looks for them.

    Raises InputError for a field that could have Helm run or fetch something, or that has a chart
    render another way each time.
    """
    home = _home(value, place)
    for index, item in enumerate(_list(value, "helmCharts", place)):
        yield _chart(item, home, lambda *path, i=index: place("helmCharts", i, *path))
    for index, item in enumerate(_list(value, "helmChartInflationGenerator", place)):

        def at(*path: str | int, index: int = index) -> Place:
            return place("helmChartInflationGenerator", index, *path)

        _known(item, _FORMER, at)
        now = {_FORMER[key]: one for key, one in item.items() if key != "chartHome"}
        yield _chart(now, home, at)


def _home(value: dict[str, Any], place: Callable[..., Place]) -> str:
    """Give the folder of the charts, of several the last one, as kustomize does."""
    given = value.get("helmGlobals")
    if given is None:
        former = _list(value, "helmChartInflationGenerator", place)
        homes = [one.get("chartHome") for one in former if isinstance(one, dict)]
    else:
        _known(given, ("chartHome",), lambda *path: place("helmGlobals", *path))
        homes = [given.get("chartHome")]
    home = ["charts", *filter(None, homes)][-1]
    if not isinstance(home, str):
        raise InputError("chartHome is no word", place=place("helmGlobals"))
    return home


def _chart(item: Any, home: str, at: Callable[..., Place]) -> Chart:  # noqa: ANN401
    _known(item, _FIELDS, at)
    for key, one in item.items():
        if key in _LISTS and not (isinstance(one, list) and all(isinstance(w, str) for w in one)):
            raise InputError(f"{key} is no list of words", place=at(key))
        if key in _WORDS and not isinstance(one, str):
            raise InputError(f"{key} is no word", place=at(key))
    name, version, repo = (item.get(key) or "" for key in ("name", "version", "repo"))
    release = item.get("releaseName") or ""
    if not _PLAIN.fullmatch(name):
        raise InputError(f"{name!r} is no name of a chart", place=at("name"))
    if version and not _PLAIN.fullmatch(version):
        raise InputError(f"{version!r} is no version of a chart", place=at("version"))
    if not release:
        raise InputError(
            f"the chart {name} has no releaseName",
            place=at(),
            hint="give it one: Helm would make up another each time that it is rendered",
        )
    if not _RELEASE.fullmatch(release):
        raise InputError(f"{release!r} is no name of a release", place=at("releaseName"))
    above = f"{home}/{name}-{version}" if version and repo else home
    source = f"{repo.rstrip('/')}/{name}" if repo.startswith("oci://") else name
    words = ["helm pull", source, "--untar --untardir", above]
    words += ["--repo", repo] if repo and source == name else []
    words += ["--version", version] if version else []
    folder = f"{above}/{name}"
    values = tuple(_values(item, folder, at))
    return Chart(at(), name, release, folder, values, " ".join(words))


def _values(
    item: dict[str, Any], folder: str, at: Callable[..., Place]
) -> Iterator[tuple[str, Place]]:
    """Give the files with values that are read, which may be the chart's own."""
    if not (item.get("valuesInline") and item.get("valuesMerge") == "replace"):
        given = item.get("valuesFile")
        yield (given, at("valuesFile")) if given else (f"{folder}/values.yaml", at())
    for index, path in enumerate(item.get("additionalValuesFiles") or ()):
        yield path, at("additionalValuesFiles", index)


def _list(value: dict[str, Any], key: str, place: Callable[..., Place]) -> list[Any]:
    given = value.get(key)
    if given is not None and not isinstance(given, list):
        raise InputError(f"{key} is not a list", place=place(key))
    return given or []


def _known(item: Any, fields: Any, at: Callable[..., Place]) -> None:  # noqa: ANN401
    if not isinstance(item, dict):
        raise InputError("is no mapping", place=at())
    for key in item:
        if key in _REFUSED:
            message = f"{key} is not taken: {_REFUSED[key]}"
            raise InputError(message, place=at(key))
        if key not in fields:
            raise InputError(unknown("field", key, fields), place=at(key))
