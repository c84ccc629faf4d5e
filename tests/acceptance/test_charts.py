"""Helm charts in the repository: rendered where that is allowed, with nothing of the network."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from certificates import certificate_of
from clusterhome import linked_programs
from fleetcopy import ROOT
from fleetops.api.bench import bench
from fleetops.api.fleet import fleet_in
from fleetops.errors import InputError
from fleetops.programs import HELM, ensure
from remotehost import RemoteHost
from serving import serving

if TYPE_CHECKING:
    from pathlib import Path

    from smallfleet import SmallFleet

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("programs", "helm")]

TOP = "overlays/one/kustomization.yaml"
CHART = "overlays/one/charts/web"
NAMED = "helmCharts:\n  - {name: web, releaseName: shop, valuesInline: {replicas: 2}}\n"
KUSTOMIZATION = f"""\
namespace: shop
resources: [namespace.yaml]
{NAMED}images:
  - name: example.test/web
    newTag: v1
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seen}\ndata:\n"
SEEN = """\
  values: {{ .Values | toJson | quote }}
  file: {{ .Files.Get "../../../../fleetops.yaml" | quote }}
  secret: {{ (lookup "v1" "Secret" "shop" "x") | toJson | quote }}
  host: {{ getHostByName "localhost" | quote }}
"""
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: example.test/web
"""
FILES = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "replicas: 1\n",
    "templates/web.yaml": WEB,
}


@pytest.fixture(scope="module")
def helm() -> Path:
    """Have Helm there, so that no test meets the words of its first build."""
    return ensure(HELM, ROOT, lambda _: None)


@pytest.fixture
def charted(small: SmallFleet) -> SmallFleet:
    """Give a fleet whose overlay has a chart."""
    small.append("fleetops.yaml", "helm: true\n")
    small.write("overlays/one/namespace.yaml", NAMESPACE)
    small.write(TOP, KUSTOMIZATION)
    for path, text in FILES.items():
        small.write(f"{CHART}/{path}", text)
    return small


def test_a_chart_is_rendered_promoted_compared_and_gone_back_over(charted: SmallFleet) -> None:
    charted.commit()
    before = charted.snapshot()
    assert charted.json("validate").findings == []
    promoted = charted.json("promote", "v2", "--env", "one").data["environments"][0]
    assert [one["resource"] for one in promoted["changes"]] == ["Deployment/shop-web"]
    assert charted.read(TOP) == KUSTOMIZATION.replace("v1", "v2")
    changed = {path for path, state in charted.snapshot().items() if before[path] != state}
    assert changed == {TOP}
    charted.commit()
    entries = charted.json("history", "--env", "one").data["entries"]
    assert [one["release"] for one in entries] == ["v2", "v1"]
    charted.edit(f"{CHART}/templates/web.yaml", "{{ .Values.replicas }}", "{{ .Values.replicas }}4")
    (changes,) = charted.json("diff").data["environments"][0]["objects"]
    assert [(one["path"], one["after"], one["file"], one["line"]) for one in changes["fields"]] == [
        ("spec.replicas", 24, TOP, 4)
    ]


def test_init_allows_the_charts_that_are_there(charted: SmallFleet) -> None:
    for path in ("fleetops.yaml", "releases/v1.yaml", "releases/v2.yaml"):
        (charted.root / path).unlink()
    done = charted.json("init")
    assert done.data["notes"] == [
        "helm: true is written, for one has Helm charts in the repository"
    ]
    assert charted.line("fleetops.yaml", "helm: true") == 4
    assert charted.json("validate").findings == []


def test_a_finding_in_what_a_chart_makes_is_where_the_chart_is_named(charted: SmallFleet) -> None:
    charted.edit(f"{CHART}/templates/web.yaml", "  replicas:", "  replica: 1\n  replicas:")
    assert charted.json("validate").findings == [("schema", TOP, 4)]
    # What is remembered is of every file of the chart.
    charted.edit(f"{CHART}/templates/web.yaml", "  replica: 1\n", "")
    assert charted.json("validate").findings == []
    charted.edit(f"{CHART}/templates/web.yaml", "{{ .Values.replicas }}", '{{ fail "no" }}')
    done = charted.json("validate")
    assert done.findings == [("unrenderable", TOP, 4)]
    assert done.data["findings"][0]["message"] == (
        "kustomize cannot render it: Helm says: execution error at"
        " (web/templates/web.yaml:6:15): no"
    )


def test_a_chart_sees_nothing_of_the_machine(
    charted: SmallFleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    charted.write(f"{CHART}/templates/seen.yaml", CONFIG_MAP + SEEN)
    plugins = tmp_path / "plugins/evil"
    plugins.mkdir(parents=True)
    (plugins / "plugin.yaml").write_text(
        f'name: evil\nversion: 1.0.0\ncommand: "touch {tmp_path}/ran"\n'
        "downloaders: [{command: touch, protocols: [file, https]}]\n"
    )
    monkeypatch.setenv("HELM_PLUGINS", str(tmp_path / "plugins"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    before = charted.snapshot()
    fleet = fleet_in(charted.root)
    with bench(fleet, print) as place:
        (render,) = place.survey(fleet.config.environments)
    assert not isinstance(render, InputError)
    (seen,) = (one for one in render.manifests if one.reference.kind == "ConfigMap")
    assert seen.get("data") == {
        "values": '{"replicas":2}',
        "file": "",
        "secret": "{}",
        "host": "",
    }
    assert not (tmp_path / "ran").exists()
    assert charted.snapshot() == before


REFUSED = {
    "not there": (
        "  - {name: other, releaseName: shop, repo: https://h.test/charts, version: 1.0.0}",
        "helm pull other --untar --untardir charts/other-1.0.0 --repo https://h.test/charts --ver",
    ),
    "in a registry": (
        "  - {name: other, releaseName: shop, repo: oci://h.test/charts, version: 1.0.0}",
        "helm pull oci://h.test/charts/other --untar",
    ),
    "without a release": ("  - {name: web}", "the chart web has no releaseName"),
    "a flag as a release": (
        "  - {name: web, releaseName: --post-renderer=touch}",
        "is no name of a release",
    ),
    "a flag as a name": ("  - {name: -x, releaseName: shop}", "'-x' is no name of a chart"),
    "a way out as a name": ("  - {name: ../web, releaseName: shop}", "is no name of a chart"),
    "a way out as a version": (
        "  - {name: web, releaseName: shop, repo: x, version: 1/../../../..}",
        "is no version of a chart",
    ),
    "a template as a name": (
        "  - {name: web, nameTemplate: '{{ env `HOME` }}'}",
        "nameTemplate is not taken",
    ),
    "a hidden field": ("  - {name: web, ReleaseName: -x}", "unknown field 'ReleaseName'"),
    "values of a host": (
        "  - {name: web, releaseName: shop, valuesFile: 'https://h.test/x.yaml'}",
        "is not in the repository",
    ),
    "more values of a host": (
        "  - {name: web, releaseName: shop, additionalValuesFiles: ['https://h.test/x.yaml']}",
        "is not in the repository",
    ),
    "values outside": (
        "  - {name: web, releaseName: shop, valuesFile: ../../../../x.yaml}",
        "leads out of the repository",
    ),
    "a link to values outside": (
        "  - {name: linked, releaseName: shop}",
        "leads out of the repository",
    ),
    "a link to a folder": ("  - {name: knotted, releaseName: shop}", "is not a file"),
    "a configuration": (
        "  - {name: web, releaseName: shop}\nhelmGlobals: {configHome: .}",
        "configHome is not taken",
    ),
    "charts outside": (
        "  - {name: web, releaseName: shop}\nhelmGlobals: {chartHome: /etc}",
        "is not a relative path",
    ),
    "charts elsewhere": (
        "  - {name: web, releaseName: shop}\nhelmGlobals: {chartHome: ../one/charts}",
        "is not in or below",
    ),
}


def test_what_a_chart_must_not_do_is_refused_at_its_line(
    charted: SmallFleet, tmp_path: Path
) -> None:
    config = "version: 1\nhelm: true\nenvironments:\n"
    (tmp_path / "x.yaml").write_text("replicas: 1\n")
    for number, (said, _) in enumerate(REFUSED.values()):
        name = f"env-{number:02}"
        config += f'  - {{name: {name}, overlay: overlays/{name}, kubernetes: ["1.37"]}}\n'
        folder = f"overlays/{name}"
        charted.write(f"{folder}/kustomization.yaml", f"namespace: shop\nhelmCharts:\n{said}\n")
        for path, text in FILES.items():
            for chart in ("web", "linked", "knotted"):
                charted.write(f"{folder}/charts/{chart}/{path}", text)
        charts = charted.root / folder / "charts"
        (charts / "linked/values.yaml").unlink()
        (charts / "linked/values.yaml").symlink_to(tmp_path / "x.yaml")
        (charts / "knotted/templates/more").symlink_to(".")
    charted.write("fleetops.yaml", config)
    done = charted.json("validate")
    wanted = list(REFUSED.values())
    assert [one["environment"] for one in done.data["findings"]] == [
        f"env-{number:02}" for number in range(len(wanted))
    ]
    for found, (said, message) in zip(done.data["findings"], wanted, strict=True):
        assert found["check"] == "unrenderable"
        assert message in found["message"], found
        assert found["line"] == (4 if "configHome" in said else 3)


@pytest.mark.parametrize("words", ["valuesFile: none.yaml", "additionalValuesFiles: [none.yaml]"])
def test_values_that_are_not_there_are_told_where_they_are_named(
    words: str, charted: SmallFleet
) -> None:
    charted.edit(TOP, NAMED, f"helmCharts:\n  - name: web\n    releaseName: shop\n    {words}\n")
    assert charted.json("validate").findings == [("unrenderable", TOP, charted.line(TOP, words))]


def test_a_change_does_not_allow_itself_a_chart(charted: SmallFleet) -> None:
    charted.edit("fleetops.yaml", "helm: true\n", "")
    charted.edit(TOP, NAMED, "")
    charted.commit()
    charted.append("fleetops.yaml", "helm: true\n")
    charted.write(TOP, KUSTOMIZATION)
    done = charted.json("validate", "--from", "HEAD")
    assert done.findings == [("unrenderable", TOP, 3), ("safeguard-loosened", "fleetops.yaml", 6)]
    accepted = ("--accept", "safeguard-loosened", "--because", "it is ours")
    assert charted.json("validate", "--from", "HEAD", *accepted).code == 0


def test_no_schema_of_a_chart_has_helm_ask_or_read_anything(
    charted: SmallFleet, tmp_path: Path
) -> None:
    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    asked: list[str] = []
    outside = tmp_path / "outside.json"
    outside.write_text('{"const": "hunter2"}')
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Asked)) as server:
        for address in (f"http://127.0.0.1:{server.server_port}/a.json", f"file://{outside}"):
            schema = f'{{"properties": {{"replicas": {{"$ref": "{address}"}}}}}}'
            charted.write(f"{CHART}/values.schema.json", schema)
            done = charted.run("validate")
            assert (done.code, "hunter2" in done.out + done.err) == (0, False)
    assert asked == []


def test_what_a_change_takes_away_is_not_there_for_it(charted: SmallFleet) -> None:
    charted.commit()
    charted.edit("fleetops.yaml", "helm: true\n", "")
    found = charted.json("validate", "--from", "HEAD").findings
    assert {check for check, *_ in found} == {"unrenderable", "safeguard-changed"}


@pytest.mark.parametrize("name", ["templates/more.yaml", ".helmignore"])
def test_a_file_more_or_less_in_a_chart_is_noticed(
    name: str, charted: SmallFleet, tmp_path: Path
) -> None:
    # What is remembered is of this test alone.
    cache = {"XDG_CACHE_HOME": str(linked_programs(tmp_path / "cache").parent)}
    more = {
        "templates/more.yaml": NAMESPACE.replace("shop", "more"),
        ".helmignore": "web.yaml\ntemplates/\n",
    }[name]
    before = charted.run("validate", **cache).out
    charted.commit()
    charted.write(f"{CHART}/{name}", more)
    after = charted.run("validate", **cache).out
    assert after != before
    charted.commit()
    (charted.root / CHART / name).unlink()
    assert charted.run("validate", **cache).out == before
    # What a change takes out of a chart reaches the environment too.
    assert charted.json("validate", "--from", "HEAD", **cache).data["unreached"] == []


def test_the_former_way_to_name_a_chart_is_taken_too(charted: SmallFleet) -> None:
    former = "helmChartInflationGenerator:\n  - {chartName: web, releaseName: shop, chartHome: c,"
    charted.edit(TOP, NAMED, f"{former} valuesLocal: {{replicas: 3}}}}\n")
    (charted.root / "overlays/one/charts").rename(charted.root / "overlays/one/c")
    assert charted.json("validate").findings == []
    charted.edit(TOP, "chartHome: c,", "chartHome: c, helmBin: /bin/sh,")
    done = charted.json("validate")
    assert done.findings == [("unrenderable", TOP, 4)]


def test_a_chart_in_a_base_of_another_repository_is_one_too(
    charted: SmallFleet, tmp_path: Path
) -> None:
    folder = tmp_path / "host"
    folder.mkdir()
    linked_programs(tmp_path / "cache")
    with serving(RemoteHost(folder / "all", certificate_of("127.0.0.1", folder))) as host:
        files = {f"base/charts/web/{path}": text for path, text in FILES.items()}
        files["base/charts/web/templates/web.yaml"] += "  replica: 1\n"
        commit = host.commit("acme/base", {**files, "base/kustomization.yaml": NAMED})
        entry = host.url("acme/base", "base", commit)
        text = f"namespace: shop\nresources:\n  - namespace.yaml\n  - {entry}\n"
        charted.write(TOP, f"{text}images:\n  - name: example.test/web\n    newTag: v1\n")
        charted.append("fleetops.yaml", f'remotes: ["{host.name}"]\n')
        environment = {
            "GIT_SSL_CAINFO": str(host.certificate),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }
        done = charted.run("validate", "--output", "json", **environment)
    place = f"https://{host.name}/acme/base@{commit}//base/kustomization.yaml"
    assert done.findings == [("schema", place, 2)]
