"""What fleetops.yaml and the release files say."""

from fleetops.catalogue.config import (
    CONFIG,
    Config,
    Environment,
    Excuse,
    described_folder,
    parse_config,
    read_config,
)
from fleetops.catalogue.layout import Layout, read_layout
from fleetops.catalogue.releases import Digest, Release, ReleaseFile, ReleaseImage, read_releases
from fleetops.catalogue.running import Bearings, releases_with, running_release, versions_of
from fleetops.catalogue.safeguards import Shift, held, looser, shifts, stricter
from fleetops.catalogue.schemas import judge_schemas, schema_files
from fleetops.catalogue.writing import config_text, release_text

SCHEMAS = {"config": Config, "release": ReleaseFile}
"""What a person writes, by the name of its JSON schema."""

__all__ = [
    "CONFIG",
    "SCHEMAS",
    "Bearings",
    "Config",
    "Digest",
    "Environment",
    "Excuse",
    "Layout",
    "Release",
    "ReleaseFile",
    "ReleaseImage",
    "Shift",
    "config_text",
    "described_folder",
    "held",
    "judge_schemas",
    "looser",
    "parse_config",
    "read_config",
    "read_layout",
    "read_releases",
    "release_text",
    "releases_with",
    "running_release",
    "schema_files",
    "shifts",
    "stricter",
    "versions_of",
]
