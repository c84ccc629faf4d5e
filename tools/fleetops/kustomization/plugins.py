"""What the configuration of a generator, transformer or validator reads.

kustomize runs its own plugins without being asked for leave, and only those are taken here. Their
fields were read in sigs.k8s.io/kustomize/api v0.21.2, internal/builtins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops import goyaml
from fleetops.errors import InputError, Place
from fleetops.manifests import dig, mappings
from fleetops.words import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "AnnotationsTransformer",
            "HashTransformer",
            "IAMPolicyGenerator",
            "ImageTagTransformer",
            "LabelTransformer",
            "NamespaceTransformer",
            "PrefixSuffixTransformer",
            "PrefixTransformer",
            "ReplicaCountTransformer",
            "SuffixTransformer",
        ),
        (),
    ),
    "ConfigMapGenerator": ("files", "envs", "env"),
    "SecretGenerator": ("files", "envs", "env"),
    "PatchJson6902Transformer": ("path",),
    "PatchStrategicMergeTransformer": ("paths",),
    "PatchTransformer": ("path",),
    "ReplacementTransformer": ("replacements",),
    "ValueAddTransformer": ("targetFilePath",),
}
"""Kind of a plugin to its fields that lead to files."""


def is_inline(entry: str) -> bool:
    """Tell whether kustomize takes a word for an object, where it may also be a path."""
    return "\n" in entry or entry.lstrip().startswith("{")


def source_path(entry: str) -> str:
    """Give the path in an item of `files`: `path`, or `key=path`."""
    return entry.partition("=")[2] or entry


def plugin_files(text: str, place: Place, *, inline: bool) -> Iterator[tuple[str, Place]]:
    """Give the paths in a configuration, relative to the kustomization that names it.

    `place` is the configuration's file, or the line where it stands inline. Raises InputError for
    a plugin that is not one of kustomize's own, and for one that runs Helm.
    """
    for document in goyaml.read(text, place.path):
        if document.value is None:
            continue
        at = place if inline else Place(place.path, document.line)
        kind = dig(document.value, "kind")
        if dig(document.value, "apiVersion") != "builtin":
            raise InputError(
                "is no configuration of one of kustomize's own plugins",
                place=at,
                hint="other plugins are programs, and none is run for a render",
            )
        if kind not in _FIELDS:
            raise InputError(unknown("plugin", str(kind), _FIELDS), place=at)
        for word in _paths(document.value, _FIELDS[kind], at):
            yield word, at


def _paths(config: dict[str, Any], names: tuple[str, ...], place: Place) -> Iterator[str]:
    for key, value in config.items():
        if key in names:
            for item in value if isinstance(value, list) else [value]:
                if key == "replacements":
                    for _, replacement in mappings([item]):
                        yield from _paths(replacement, ("path",), place)
                elif isinstance(item, str) and not (key == "paths" and is_inline(item)):
                    yield source_path(item) if key == "files" else item
        elif key.casefold() in (name.casefold() for name in names):
            raise InputError(f"{key} is not written as kustomize documents it", place=place)
