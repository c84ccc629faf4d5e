"""The forge of a remote: its kind, the address of its API, and the token for it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, Literal, assert_never, get_args
from urllib.parse import urlsplit

from msgspec import Struct

from fleetops.errors import UsageError

if TYPE_CHECKING:
    from fleetops.forge.interface import Forge

Kind = Literal["github", "gitlab", "gitea"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_KNOWN: Final[dict[str, Kind]] = {"github.com": "github", "gitlab.com": "gitlab"}
_TOKENS: Final[dict[Kind, tuple[str, ...]]] = {
    "github": ("GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab": ("GITLAB_TOKEN",),
    "gitea": ("GITEA_TOKEN", "FORGEJO_TOKEN"),
}
_SCP: Final = re.compile(r"^(?:[^@/\s]+@)?([^:/\s]+):(.+)$")


class Address(Struct, frozen=True):
    """Where a remote's repository is, without the credentials that may stand in its URL."""

    origin: str
    """Scheme, host and port of the web."""
    host: str
    project: str
    """The path of the repository, such as `owner/name`."""


def find_forge(remote: str, url: str, kind: Kind | None) -> Forge:
    """Give the repository of a remote's URL on its forge.

    `kind` is that of a host of one's own; a host that is known is what it is, and `remote` what the
    remote is called. Raises UsageError where it is on no forge, the kind cannot be told, or no
    token is in the environment.
    """
    address = read_address(url)
    if address is None:
        # The address itself may hold a secret.
        raise UsageError(
            f"the address of the remote {remote} leads to no repository on a forge",
            hint="a pull request needs a remote on GitHub, GitLab, Gitea or Forgejo: name it with"
            " --pr REMOTE; to any other, --push brings the commit without one",
        )
    found = _KNOWN.get(address.host) or kind
    if found is None:
        raise UsageError(
            f"which kind of forge is {address.host}?",
            hint=f"say it with --forge, or as forge: in fleetops.yaml: {', '.join(KINDS)}",
        )
    tokens = (os.environ.get(name, "").strip() for name in _TOKENS[found])
    token = next(filter(None, tokens), None)
    if token is None:
        raise UsageError(
            f"there is no token for {address.host}",
            hint=f"put one that may write pull requests into {' or '.join(_TOKENS[found])}",
        )
    if not token.isascii() or not token.isprintable():
        raise UsageError(f"what is in {' or '.join(_TOKENS[found])} is no token")
    return _forge(found, address, token)


def read_address(url: str) -> Address | None:
    """Read the URL of a remote, as in https://host/owner/name.git or git@host:owner/name.

    None is for one that leads to no host.
    """
    host, port, path = _split(url)
    secure = not url.startswith("http://")
    origin = f"{'https' if secure else 'http'}://{host}{port}"
    project = path.strip("/").removesuffix(".git")
    if not host or "/" not in project:
        return None
    return Address(origin, host, project)


def _split(url: str) -> tuple[str | None, str, str]:
    """Give the host, the web's port as in `:8443`, and the path."""
    if "://" not in url:
        found = _SCP.match(url)
        return (found[1].lower(), "", found[2]) if found else (None, "", "")
    split = urlsplit(url)
    if split.scheme not in {"https", "http", "ssh", "git+ssh"}:
        return None, "", ""
    try:
        port = split.port
    except ValueError:
        return None, "", ""
    # That of SSH says nothing of the web.
    web = f":{port}" if port and split.scheme.startswith("http") else ""
    return split.hostname, web, split.path


def _forge(kind: Kind, address: Address, token: str) -> Forge:
    from fleetops.forge.http import Api

    match kind:
        case "github":
            from fleetops.forge.github import GitHub

            public = address.host == "github.com"
            base = "https://api.github.com" if public else f"{address.origin}/api/v3"
            headers = {
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            }
            return GitHub(Api(base, headers, token), address.project)
        case "gitlab":
            from fleetops.forge.gitlab import GitLab

            headers = {"PRIVATE-TOKEN": token}
            return GitLab(Api(f"{address.origin}/api/v4", headers, token), address.project)
        case "gitea":
            from fleetops.forge.gitea import Gitea

            headers = {"Authorization": f"token {token}"}
            return Gitea(Api(f"{address.origin}/api/v1", headers, token), address.project)
    assert_never(kind)
