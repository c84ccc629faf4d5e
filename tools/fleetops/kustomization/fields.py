"""The fields of a kustomization, and which of them lead to other files.

Read in sigs.k8s.io/kustomize/api v0.21.2, types/kustomization.go.
"""

from __future__ import annotations

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The file names that kustomize looks for; a folder may hold only one of them."""

LOADED = ("resources", "bases", "components")
"""Lists of files and of folders with a kustomization."""

PLUGINS = ("generators", "transformers", "validators")
"""Lists of files, of folders with a kustomization, and of inline objects."""

FILES = ("crds", "configurations")
"""Lists of files."""

PATCHES = ("patches", "patchesJson6902", "replacements")
"""Lists of mappings whose `path` is a file."""

GENERATED = ("configMapGenerator", "secretGenerator")
"""Lists of mappings with `files`, `envs` and `env`."""

HELM = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")

KNOWN = frozenset(
    {
        *LOADED,
        *PLUGINS,
        *FILES,
        *PATCHES,
        *GENERATED,
        *HELM,
        "apiVersion",
        "buildMetadata",
        "commonAnnotations",
        "commonLabels",
        "generatorOptions",
        "imageTags",
        "images",
        "kind",
        "labels",
        "metadata",
        "namePrefix",
        "nameSuffix",
        "namespace",
        "openapi",
        "patchesStrategicMerge",
        "replicas",
        "sortOptions",
        "vars",
    }
)

NESTED = frozenset(
    {"path", "patch", "target", "files", "envs", "env", "name", "newName", "newTag", "digest"}
)
"""Keys inside those lists that decide what is read or which image runs."""

IMAGE = ("name", "newName", "newTag", "digest", "tagSuffix")
"""Keys of an entry of `images`; each has a text. Read in types/image.go."""
