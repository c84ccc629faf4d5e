"""What one kustomization refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops.errors import InputError, Place
from fleetops.kustomization import fields
from fleetops.kustomization.plugins import is_inline, plugin_files, source_path
from fleetops.remotes.paths import is_remote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.goyaml import NodePath
    from fleetops.kustomization.charts import Chart
    from fleetops.kustomization.closure import Kustomization
    from fleetops.kustomization.walk import Walk


class References:
    """What one kustomization refers to."""

    def __init__(self, walk: Walk, kustomization: Kustomization) -> None:
        self.walk = walk
        self.folder = kustomization.folder
        self.place = kustomization.place
        self.value: dict[str, Any] = kustomization.document.value

    def manifests(self, above: tuple[str, ...]) -> Iterator[str]:
        """Enter the bases and components, and give the manifest files."""
        for key in fields.LOADED:
            for index, entry in self.words(key):
                place = self.place(key, index)
                if is_remote(entry):
                    self.walk.enter_remote(entry, place, above)
                    continue
                real = self.walk.resolve(self.folder, entry, place)
                if self.walk.repository.is_directory(real):
                    self.base(entry, real, place, above)
                elif key == "components":
                    raise InputError(f"{entry} is not a folder", place=place)
                else:
                    yield self.walk.file(self.folder, entry, place)

    def base(self, entry: str, real: str, place: Place, above: tuple[str, ...]) -> None:
        """Enter a base or component of the repository."""
        # kustomize refuses what is left of two entries that a wrong indentation made one.
        if any(".." in part and part != ".." for part in entry.split("/")):
            raise InputError(
                f"{entry} has '..' inside a name", place=place, hint="is the list indented right?"
            )
        self.walk.enter(real, place, above)

    def patches(self) -> Iterator[str]:
        """Give the patch files."""
        for key in ("patches", "patchesJson6902"):
            yield from self.paths(key)
        for place, entry in self.mixed("patchesStrategicMerge"):
            if not is_inline(entry):
                yield self.walk.file(self.folder, entry, place)

    def others(self) -> None:
        """Note every other file."""
        for _ in self.paths("replacements"):
            pass
        for key in fields.FILES:
            for index, entry in self.words(key):
                self.walk.file(self.folder, entry, self.place(key, index))
        if "path" in (openapi := self.value.get("openapi") or {}):
            place = self.place("openapi", "path")
            self.walk.file(self.folder, _word(openapi["path"], "openapi.path", place), place)
        for key in fields.GENERATED:
            for index, item in enumerate(self.value.get(key) or ()):
                self.sources(item, (key, index))
        for key in fields.PLUGINS:
            for place, entry in self.mixed(key):
                self.plugin(entry, place)

    def charts(self) -> Iterator[Chart]:
        """Note the files of the Helm charts, and give those."""
        asked = [key for key in fields.HELM if key in self.value]
        if asked and not self.walk.allowed.helm:
            raise InputError(
                f"{asked[0]}: no chart is rendered unless fleetops.yaml says helm: true",
                place=self.place(asked[0]),
                hint="say helm: true there, or render the chart into the"
                " repository, and list the result in resources",
            )
        if asked:
            from fleetops.kustomization.charts import charts

            for chart in charts(self.value, self.place):
                yield self.walk.chart(self.folder, chart)

    def words(self, *path: str | int) -> Iterator[tuple[int, str]]:
        """Give the items of a list of words."""
        value: Any = self.value
        for step in path:
            value = value.get(step) if isinstance(step, str) else value[step]
        if value is not None and not isinstance(value, list):
            raise InputError(f"{path[-1]} is not a list", place=self.place(*path))
        for index, entry in enumerate(value or ()):
            yield index, _word(entry, f"an item of {path[-1]}", self.place(*path, index))

    def mixed(self, key: str) -> Iterator[tuple[Place, str]]:
        """Give the items of a list whose words are paths or objects."""
        for index, entry in self.words(key):
            place = self.place(key, index)
            if is_inline(entry) and is_remote(entry):
                raise InputError("is neither a path nor an object", place=place)
            yield place, entry

    def paths(self, key: str) -> Iterator[str]:
        """Give the files that items of a list name as their `path`."""
        for index, item in enumerate(self.value.get(key) or ()):
            if item.get("path") is not None:
                place = self.place(key, index, "path")
                path = _word(item["path"], "path", place)
                yield self.walk.file(self.folder, path, place)

    def sources(self, generator: dict[str, Any], path: NodePath) -> None:
        """Note the files of a ConfigMap's or Secret's generator."""
        for key in ("files", "envs"):
            for index, entry in self.words(*path, key):
                name = source_path(entry) if key == "files" else entry
                self.walk.file(self.folder, name, self.place(*path, key, index))
        if generator.get("env") is not None:
            place = self.place(*path, "env")
            self.walk.file(self.folder, _word(generator["env"], "env", place), place)

    def plugin(self, entry: str, place: Place) -> None:
        """Note what the configuration of a generator or transformer refers to."""
        if is_inline(entry):
            found = plugin_files(entry, place, inline=True)
        else:
            real = self.walk.resolve(self.folder, entry, place)
            if self.walk.repository.is_directory(real):
                raise InputError(f"{entry} is a folder", place=place, hint="list its files here")
            real = self.walk.file(self.folder, entry, place)
            text = self.walk.repository.read_text(real)
            found = plugin_files(text, Place(real), inline=False)
        for name, at in found:
            self.walk.file(self.folder, name, at)


def _word(value: Any, what: str, place: Place) -> str:  # noqa: ANN401
    if not isinstance(value, str):
        raise InputError(f"{what} is no word", place=place)
    return value
