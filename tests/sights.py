"""What a cluster shows of each danger rule: where to look, and what is worse than before."""

from __future__ import annotations

import re
import secrets
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from fleetops.checks import Scene
from fleetops.danger import refused
from fleetops.kube.apply import apply, await_account, await_that, delete, live, namespace
from fleetops.manifests import Manifest, Reference, dig, parse
from fleetops.quantities import quantity
from played import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleetops.checks import Workload
    from fleetops.kube import Answer
    from played import Played

# ruff: noqa: ANN401 - what is seen is of any shape

Seen = dict[Reference, Any]
_VIOLATION = re.compile(r"([^(),:]+) \(")
_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_HOLDERS = {"CustomResourceDefinition", "PersistentVolume", "PersistentVolumeClaim"}
_CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: of-{name}, namespace: shop}}
spec:
  storageClassName: ""
  volumeName: {name}
  accessModes: [ReadWriteOnce]
  resources: {{requests: {{storage: 1Gi}}}}
"""


class Sight(NamedTuple):
    """What is seen of a rule."""

    look: Callable[[Played], Seen]
    """Gives the state of the objects that the rule is about."""
    worse: Callable[[Any, Any], bool]
    """Tells from the states before and after whether what is foretold has come; None is none."""
    waits: bool = True
    """Whether controllers have to have done their part before it can be seen."""


def lost(before: Any, after: Any) -> bool:
    return bool(before) and not after


def gained(before: Any, after: Any) -> bool:
    return bool(after) and not before


def gained_one(before: Any, after: Any) -> bool:
    return not set(after or ()) <= set(before or ())


def refusals(case: Played) -> Seen:
    """See what is refused, and what is deleted and made anew without what it held."""
    emptied = {
        one.manifest.reference: one.verb
        for one in case.outcomes
        if one.verb == "replaced" and one.manifest.reference.kind in _HOLDERS
    }
    return {one: case.refused.get(one) or emptied.get(one) for one in case.objects}


def with_what_is_in_it(case: Played) -> Seen:
    """Look at what a namespace or definition holds, itself included, to the very last of it."""
    found: Seen = {}
    for one in case.of("Namespace", "CustomResourceDefinition"):
        name, kind = one.reference.name, one.get("spec", "names", "kind")
        inside = (
            other
            for other in case.objects.values()
            if (other.reference.namespace == name if kind is None else other.reference.kind == kind)
        )
        client, kinds = case.stand.client, case.stand.kinds
        found[one.reference] = case.now(one) or any(live(client, kinds, each) for each in inside)
    return found


def endpoints(case: Played) -> Seen:
    return {
        one.reference: case.endpoints(one.reference.name, with_port=True)
        for one in case.of("Service")
    }


def running(case: Played) -> Seen:
    return {
        one.reference: case.pods(one.get("spec", "selector", "matchLabels"))
        for one in case.of("Deployment")
    }


def left_while_updated(case: Played) -> Seen:
    """Update each Deployment, and see how many ready pods it has left at the worst moment."""
    found: Seen = {}
    client, path = case.stand.client, f"/api/v1/namespaces/{NAMESPACE}/pods"
    for one in case.of("Deployment"):
        value = msgspec.json.decode(msgspec.json.encode(one.value))
        value["spec"]["template"]["metadata"]["annotations"] = {"updated": secrets.token_hex()}
        listed: Any = client.get(path)
        ready = {pod["metadata"]["name"] for pod in listed["items"] if _is_ready(pod)}
        counts = [len(ready)]
        case.bring([Manifest(one.reference, one.api_version, value)])
        assert await_that(case.has_arrived)
        since = listed["metadata"]["resourceVersion"]
        for event in client.watch(f"{path}?watch=1&timeoutSeconds=1&resourceVersion={since}"):
            ready.discard(event["object"]["metadata"]["name"])
            if event["type"] != "DELETED" and _is_ready(event["object"]):
                ready.add(event["object"]["metadata"]["name"])
            counts.append(len(ready))
        found[one.reference] = min(counts)
    return found


def _is_ready(pod: Any) -> bool:
    conditions = dig(pod, "status", "conditions") or ()
    ends = "deletionTimestamp" in pod["metadata"]
    return not ends and any(
        one["type"] == "Ready" and one["status"] == "True" for one in conditions
    )


def evictions(case: Played) -> Seen:
    """Try to evict a pod of each budget."""
    found: Seen = {}
    for one in case.of("PodDisruptionBudget"):
        pods = case.pods(one.get("spec", "selector", "matchLabels"))
        assert await_that(partial(_is_counted, case, one, len(pods)))
        name = pods[0]["metadata"]["name"]
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
        answer = _post(case, f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/eviction", body)
        assert answer.ok or "violate the pod's disruption budget" in answer.message, answer.message
        found[one.reference] = not answer.ok
    return found


def _is_counted(case: Played, budget: Manifest, pods: int) -> bool:
    now = case.now(budget)
    seen: bool = dig(now, "status", "observedGeneration") == now["metadata"]["generation"]
    return seen and dig(now, "status", "currentHealthy") == pods


def amounts(case: Played) -> Seen:
    """See what pods get: requests, and limits, where none means more than any."""
    return {
        workload.manifest.reference: {
            (container["name"], key, name): quantity(amount)
            for container in _tried(case, workload, NAMESPACE).demand()["spec"]["containers"]
            for key, listed in (container.get("resources") or {}).items()
            for name, amount in listed.items()
        }
        for workload in _workloads(case)
    }


def less(before: Any, after: Any) -> bool:
    return any(
        after[key] < amount if key in after else key[1] == "requests"
        for key, amount in (before or {}).items()
    )


def violations(case: Played) -> Seen:
    """See what Pod Security says of pods, at both of its levels."""
    found: Seen = {}
    for level in ("baseline", "restricted"):
        labels = {"pod-security.kubernetes.io/enforce": level}
        assert apply(case.stand.client, case.stand.kinds, namespace(level, labels)).ok
        await_account(case.stand.client, level)
    for workload in _workloads(case):
        found[workload.manifest.reference] = {
            (level, what)
            for level in ("baseline", "restricted")
            for answer in (_tried(case, workload, level),)
            if not answer.ok
            for what in _VIOLATION.findall(answer.message.partition('latest": ')[2])
        }
    return found


def less_secure(before: Any, after: Any) -> bool:
    # What a new workload does not forbid itself is the checks' business.
    new = {one for one in after if one[0] == "baseline"} if before is None else after - before
    return bool(new)


def open_ports(case: Played) -> Seen:
    return {
        one.reference: [port for port in case.now(one)["spec"]["ports"] if "nodePort" in port]
        for one in case.of("Service")
    }


def almighty(case: Played) -> Seen:
    """See who of a binding may do everything."""
    return {
        one.reference: [
            str(subject)
            for subject in one.get("subjects")
            if _may(case, subject, one.reference.namespace)
        ]
        for one in case.of("ClusterRoleBinding", "RoleBinding")
    }


def _may(case: Played, subject: dict[str, str], where: str) -> bool:
    name = subject["name"]
    who: dict[str, Any] = {"user": name}
    if subject["kind"] == "Group":
        who = {"user": "somebody", "groups": [name]}
    elif subject["kind"] == "ServiceAccount":
        who = {"user": f"system:serviceaccount:{subject['namespace']}:{name}"}
    everything = {"verb": "*", "group": "*", "resource": "*", "namespace": where}
    answer = _post(case, _REVIEWS, {"spec": {**who, "resourceAttributes": everything}})
    return bool(answer.demand()["status"]["allowed"])


def deletions(case: Played) -> Seen:
    """See which volumes, and claims of a StatefulSet, are on their way out with their claims."""
    found: Seen = {
        one.reference: case.now(one)["reclaimPolicy"] == "Delete" for one in case.of("StorageClass")
    }
    for one in case.of("StatefulSet"):
        claims = case.listed("persistentvolumeclaims")
        found[one.reference] = any("ownerReferences" in each["metadata"] for each in claims)
    for one in case.of("PersistentVolume"):
        if case.now(one)["status"]["phase"] == "Available":
            _use_once(case, one)
        # Kept, it would be Released for ever. Its driver would delete it, and there is none.
        found[one.reference] = case.now(one)["status"]["phase"] == "Failed"
    return found


def _use_once(case: Played, volume: Manifest) -> None:
    """Bind a volume to a claim, and delete the claim."""
    (claim,) = parse(_CLAIM.format(name=volume.reference.name), "claim")
    client, kinds = case.stand.client, case.stand.kinds
    assert apply(client, kinds, claim).ok
    assert await_that(lambda: case.now(volume)["status"]["phase"] == "Bound")
    delete(client, kinds, claim)
    assert await_that(lambda: case.now(volume)["status"]["phase"] in {"Released", "Failed"})


def too_small(case: Played) -> Seen:
    """See which claims are refused, and which volumes a claim is not bound to for their size."""
    said = case.complaints()
    return refusals(case) | {
        one.reference: [words for words in said if "requested PV is too small" in words]
        for one in case.of("PersistentVolume")
    }


def _workloads(case: Played) -> Iterator[Workload]:
    yield from Scene("", tuple(case.objects.values()), {}).workloads


def _tried(case: Played, workload: Workload, where: str) -> Answer:
    """Have the API server judge a pod of a workload, and not make it."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": workload.spec}
    return _post(case, f"/api/v1/namespaces/{where}/pods?dryRun=All", pod)


def _post(case: Played, path: str, value: Any) -> Answer:
    return case.stand.client.ask("POST", path, msgspec.json.encode(value))


def gone(*kinds: str) -> Sight:
    """See objects go that were there."""
    return Sight(lambda case: {one.reference: case.now(one) for one in case.of(*kinds)}, lost)


_REFUSED = Sight(refusals, gained, waits=False)

SIGHTS = {
    "claim-removed": gone("PersistentVolumeClaim"),
    "volume-removed": gone("PersistentVolume"),
    "stateful-set-removed": gone("StatefulSet"),
    "namespace-removed": Sight(with_what_is_in_it, lost),
    "definition-removed": Sight(with_what_is_in_it, lost),
    "reclaim-policy-delete": Sight(deletions, gained),
    "storage-shrunk": Sight(too_small, gained),
    "storage-class-changed": Sight(refusals, gained),
    **{rule.id: _REFUSED for rule in refused.RULES},
    # Only a claim that is bound can grow.
    "claim-changed": Sight(refusals, gained),
    "scaled-to-zero": Sight(running, lost),
    "recreate-introduced": Sight(left_while_updated, lost),
    "service-unselected": Sight(endpoints, lost),
    "endpoints-gone": Sight(endpoints, lost),
    "disruption-budget-blocks": Sight(evictions, gained),
    "resources-lowered": Sight(amounts, less, waits=False),
    "service-exposed": Sight(open_ports, gained, waits=False),
    "privilege-gained": Sight(violations, less_secure, waits=False),
    "cluster-admin-bound": Sight(almighty, gained_one),
    "leaves-render": gone("ConfigMap", "Deployment", "Service"),
}
