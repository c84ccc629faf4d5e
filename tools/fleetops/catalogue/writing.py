"""A release and a fleetops.yaml as text, as somebody would have written them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fleetops import goyaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fleetops.catalogue.config import Config
    from fleetops.catalogue.releases import ReleaseImage


def release_text(name: str, description: str, images: Mapping[str, ReleaseImage]) -> str:
    """Write a release file."""
    return "".join(f"{line}\n" for line in _release(name, description, images))


def _release(name: str, description: str, images: Mapping[str, ReleaseImage]) -> Iterator[str]:
    yield f"release: {_word(name)}"
    yield f"description: {_word(description)}"
    yield "images:"
    for service, image in images.items():
        yield f"  {_word(service)}:"
        yield f"    name: {_word(image.name)}"
        yield f"    tag: {_word(image.tag)}"
        if image.digest:
            yield "    digest:"
            yield f"      sha256: {_word(image.digest.sha256)}"
            yield f"      seen: {_word(image.digest.seen)}"


def config_text(config: Config) -> str:
    """Write a fleetops.yaml of environments, a catalogue and whether there are charts."""
    return "".join(f"{line}\n" for line in _config(config))


def _config(config: Config) -> Iterator[str]:
    yield "version: 1"
    yield f"catalogue: {_word(config.catalogue)}"
    if config.helm:
        yield "# The charts that lie in the repository are rendered."
        yield "helm: true"
    yield "# In the order in which a release passes through them."
    yield "environments:"
    for one in config.environments:
        yield f"  - name: {_word(one.name)}"
        yield f"    overlay: {_word(one.overlay)}"
        yield f"    kubernetes: {json.dumps(list(one.kubernetes))}"
        if one.flux is not None:
            yield f"    flux: {_word(one.flux)}"


def _word(text: str) -> str:
    """Write a text so that YAML reads it as that text."""
    return text if goyaml.is_plain_string(text) else json.dumps(text)
