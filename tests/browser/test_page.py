"""The report's page in a real Chromium, on a desk and on a phone: it asks for nothing."""

from __future__ import annotations

import base64
import http.server
import json
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from browser.chromium import browser_in, made
from fleetops.output.formats import written
from reports import hostile, report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from browser.chromium import Browser

SEEN = Path(__file__).parent / "seen"
DESK, PHONE = (1280, 800), (360, 740)
PAPER = {"width": 718, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
"""A4 without its margins."""
LOOKS = {
    "desk-light": (DESK, False),
    "desk-dark": (DESK, True),
    "phone-light": (PHONE, False),
    "phone-dark": (PHONE, True),
}
DIFFERENT = """
(async (one, other) => {
  const pixels = async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.getContext("2d").getImageData(0, 0, image.width, image.height);
  };
  const [a, b] = [await pixels(one), await pixels(other)];
  if (a.width !== b.width || a.height !== b.height) return 1;
  let differing = 0;
  for (let at = 0; at < a.data.length; at += 4)
    differing += [0, 1, 2].some((way) => Math.abs(a.data[at + way] - b.data[at + way]) > 16);
  return differing / (a.width * a.height);
})"""
REACHED = """
(() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return one === document.body ? null : {
    what: one.getAttribute("href") || one.getAttribute("aria-label") || one.innerText,
    outlined: style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2,
    shown: one.getBoundingClientRect().top >= 0 && one.getBoundingClientRect().left >= 0,
  };
})()"""
ACTING = """
[...document.querySelectorAll("a, summary, [tabindex='0']")].map(
  (one) => one.getAttribute("href") || one.getAttribute("aria-label") || one.innerText)"""
MENDED = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")


class Site(NamedTuple):
    """A server on loopback, and what it has been asked for."""

    url: str
    pages: dict[str, str]
    asked: list[str]


@contextmanager
def served() -> Iterator[Site]:
    pages: dict[str, str] = {}
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield Site(f"http://127.0.0.1:{server.server_port}", pages, asked)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser_in(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the URL of a page with something of everything in it."""
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(written(report(), "html"))
    return file.as_uri()


def complaints(browser: Browser) -> list[dict[str, Any]]:
    return [one["params"] for one in browser.events if one["method"] in MENDED]


def tabbed(browser: Browser) -> list[dict[str, Any]]:
    """Go through the page with the tabulator, from its beginning to its end."""
    reached = []
    for _ in range(50):
        browser.press("Tab", 9)
        if (one := browser.evaluate(REACHED)) is None:
            break
        reached.append(one)
    return reached


@pytest.mark.parametrize("look", LOOKS)
def test_the_page_looks_as_it_was_seen(
    browser: Browser, page: str, look: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    size, dark = LOOKS[look]
    browser.open(page, *size, dark=dark)
    taken = browser.screenshot()
    file = SEEN / f"{look}.png"
    if request.config.getoption("--update-golden"):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(taken)
    (tmp_path / file.name).write_bytes(taken)
    browser.open("about:blank", *size)
    both = ", ".join(f'"{base64.b64encode(one).decode()}"' for one in (taken, file.read_bytes()))
    assert browser.evaluate(f"{DIFFERENT}({both})") < 0.0002, f"see {tmp_path / file.name}"


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_barrier(browser: Browser, page: str, look: str) -> None:
    size, dark = LOOKS[look]
    browser.open(page, *size, dark=dark)
    browser.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    browser.evaluate((made() / "axe.min.js").read_text() + "; undefined")
    found = json.loads(browser.evaluate("axe.run().then((one) => JSON.stringify(one))"))
    assert [
        (one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]
    ] == []
    passed = {one["id"] for one in found["passes"]}
    assert {"color-contrast", "heading-order", "region", "summary-name"} <= passed


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_tabulator_reaches_everything_that_acts(
    browser: Browser, page: str, size: tuple[int, int]
) -> None:
    browser.open(page, *size)
    reached = tabbed(browser)
    assert [one["what"] for one in reached] == browser.evaluate(ACTING)
    assert len(reached) == 9
    assert all(one["outlined"] and one["shown"] for one in reached), reached


def test_enter_unfolds_and_folds(browser: Browser, page: str) -> None:
    browser.open(page, *DESK)
    unfolded = "document.activeElement.parentElement.open"
    while browser.evaluate("document.activeElement.tagName") != "SUMMARY":
        browser.press("Tab", 9)
    assert browser.evaluate(unfolded) is False
    browser.press("Enter", 13)
    assert browser.evaluate(unfolded) is True
    browser.press("Enter", 13)
    assert browser.evaluate(unfolded) is False


def test_the_first_link_skips_to_the_matrix_which_arrows_move(browser: Browser, page: str) -> None:
    browser.open(page, *PHONE)
    browser.press("Tab", 9)
    browser.press("Enter", 13)
    assert browser.evaluate("location.hash") == "#runs"
    browser.press("Tab", 9)
    assert browser.evaluate("document.activeElement.className") == "wide"
    browser.press("ArrowRight", 39)
    moved = """
    new Promise((done) => {
      const look = () => document.activeElement.scrollLeft > 20 ? done(true)
        : requestAnimationFrame(look);
      look();
    })"""
    assert browser.evaluate(moved)
    name = "document.querySelector('tbody th').getBoundingClientRect()"
    region = "document.activeElement.getBoundingClientRect()"
    # The name of the environment stays where it is.
    assert browser.evaluate(f"{name}.left - {region}.left") < 2


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_is_wider_than_the_window(browser: Browser, tmp_path: Path, width: int) -> None:
    file = tmp_path / "report.html"
    for result in (report(), hostile("W" * 400), hostile("ab/" * 200)):
        file.write_text(written(result, "html"))
        browser.open(file.as_uri(), width, 740)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.evaluate("innerWidth") == width


def test_on_paper_everything_is_unfolded_and_has_room(browser: Browser, page: str) -> None:
    browser.open(page, *DESK)
    height = "document.querySelector('article details p').getBoundingClientRect().height"
    shown = f"document.querySelector('article details p').checkVisibility() && {height} > 0"
    assert not browser.evaluate(shown)
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate(shown)
    browser.call("Emulation.setDeviceMetricsOverride", **PAPER)
    assert browser.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    assert browser.call("Page.printToPDF")["data"]


def test_no_request_leaves_the_page(browser: Browser) -> None:
    with served() as site:
        words = (
            f'"><img src={site.url}/image><script src={site.url}/script></script>',
            f"</style><link rel=stylesheet href={site.url}/style><iframe src={site.url}/frame>",
            f"</title><meta http-equiv=refresh content='0;url={site.url}/away'>{site.url}/word",
        )
        for number, word in enumerate(words):
            site.pages[f"/{number}"] = written(hostile(word), "html")
            browser.open(f"{site.url}/{number}", *DESK)
            tabbed(browser)
            assert complaints(browser) == []
            urls = [
                one["params"]["request"]["url"]
                for one in browser.events
                if one["method"] == "Network.requestWillBeSent"
            ]
            assert urls == [f"{site.url}/{number}"]
        assert site.asked == ["/0", "/1", "/2"]


def test_its_policy_stops_what_would_get_into_it(browser: Browser) -> None:
    with served() as site:
        policed = written(report(), "html")
        head, _, rest = policed.partition('<meta http-equiv="Content-Security-Policy"')
        free = head + rest.partition(">")[2]
        intruder = '<img src="/image"><script>fetch("/script")</script><style>a{color:red}</style>'
        for name, text in (("/free", free), ("/policed", policed)):
            site.pages[name] = text.replace("<main>", f"<main>{intruder}")
            browser.open(f"{site.url}{name}", *DESK)
        stopped = [one["entry"]["text"] for one in complaints(browser) if "entry" in one]
        assert len([one for one in stopped if "Content Security Policy" in one]) == 3
        assert set(site.asked) == {"/free", "/image", "/script", "/policed"}
        assert len(site.asked) == 4
