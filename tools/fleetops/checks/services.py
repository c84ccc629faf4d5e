"""Checks on the way to the pods: Services, probes and Ingresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops.checks.interface import Check, Problem
from fleetops.checks.pods import protocol
from fleetops.manifests import Severity, dig, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks.interface import Scene
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest


def service_selects_nothing(scene: Scene) -> Iterator[Problem]:
    """A Service selects no pods.

    The API server takes a Service whose selector fits no pod, and everything that calls it is then
    refused. No workload of this render in the Service's namespace has all the labels of the
    selector: correct the selector or the labels of the pod template. A Service without a selector,
    whose endpoints come from elsewhere, and an ExternalName are left alone.
    """
    for service, selector in _selectors(scene):
        if not any(scene.selected(service.reference.namespace, {"matchLabels": selector})):
            labels = ",".join(f"{key}={value}" for key, value in selector.items())
            message = f"no pod has the labels {labels}"
            yield Problem(message, service.reference, ("spec", "selector"))


def target_port_absent(scene: Scene) -> Iterator[Problem]:
    """A Service sends to a named port that no pod has.

    A targetPort that is a name is looked up in each selected pod, by name and protocol, among the
    containers that keep running. Where no pod has it the Service has no endpoints on that port, and
    nothing says so. Name the port in the container, or correct the targetPort; a port that only
    some of the selected pods have is fine.
    """
    for service, selector in _selectors(scene):
        named = [
            (index, port)
            for index, port in mappings(service.get("spec", "ports"))
            if isinstance(port.get("targetPort"), str)
        ]
        if not named:
            continue
        pods = list(scene.selected(service.reference.namespace, {"matchLabels": selector}))
        ports = {port for pod in pods for port in pod.ports()}
        for index, port in named:
            name, by = port["targetPort"], protocol(port)
            if pods and (name, by) not in ports:
                yield Problem(
                    f"no selected pod has a port {name} ({by})",
                    service.reference,
                    ("spec", "ports", index, "targetPort"),
                )


def _selectors(scene: Scene) -> Iterator[tuple[Manifest, dict[str, Any]]]:
    for service in scene.of("", "Service"):
        selector = service.get("spec", "selector")
        external = service.get("spec", "type") == "ExternalName"
        if isinstance(selector, dict) and selector and not external:
            yield service, selector


_HANDLERS: tuple[NodePath, ...] = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def probe_port_absent(scene: Scene) -> Iterator[Problem]:
    """A probe asks at a named port that its container has not.

    The name in a probe or a lifecycle hook is looked up in the ports of its own container only. The
    kubelet that does not find it counts the probe as failed: the pod never becomes ready, or is
    restarted for ever. Name the port in that container, or give the number.
    """
    for workload in scene.workloads:
        for path, container in workload.containers():
            names = [port.get("name") for _, port in mappings(container.get("ports"))]
            for handler in _HANDLERS:
                for action in ("httpGet", "tcpSocket"):
                    name = dig(container, *handler, action, "port")
                    if isinstance(name, str) and name not in names:
                        yield Problem(
                            f"the container {container.get('name')} has no port {name}",
                            workload.manifest.reference,
                            (*path, *handler, action, "port"),
                        )


def ingress_backend_absent(scene: Scene) -> Iterator[Problem]:
    """An Ingress leads to a Service or a port that is not there.

    The controller answers such a path with an error for as long as the Service is absent from the
    Ingress's namespace, or lacks the port of that number or name; it has to be the Service's port,
    not the container's. Correct the backend. The port `use-annotation`, which the AWS load balancer
    controller takes for an annotation, and the ports of an ExternalName are left alone.
    """
    for ingress in scene.of("networking.k8s.io", "Ingress"):
        for path, backend in _backends(ingress):
            name, port = dig(backend, "service", "name"), dig(backend, "service", "port")
            if not isinstance(name, str) or dig(port, "name") == "use-annotation":
                continue
            service = scene.find("", "Service", ingress.reference.namespace, name)
            if service is None:
                message = f"there is no Service {name} in its namespace"
                yield Problem(message, ingress.reference, (*path, "service", "name"))
            elif service.get("spec", "type") != "ExternalName":
                for key, own in (("number", "port"), ("name", "name")):
                    wanted = dig(port, key)
                    ports = [each.get(own) for _, each in mappings(service.get("spec", "ports"))]
                    if isinstance(wanted, int | str) and wanted not in ports:
                        message = f"the Service {name} has no port {wanted}"
                        where = (*path, "service", "port", key)
                        yield Problem(message, ingress.reference, where)


def _backends(ingress: Manifest) -> Iterator[tuple[NodePath, Any]]:
    yield ("spec", "defaultBackend"), ingress.get("spec", "defaultBackend")
    for index, rule in mappings(ingress.get("spec", "rules")):
        for place, path in mappings(dig(rule, "http", "paths")):
            where = ("spec", "rules", index, "http", "paths", place, "backend")
            yield where, path.get("backend")


def ingress_class_absent(scene: Scene) -> Iterator[Problem]:
    """An Ingress names a class that this render does not have.

    No controller picks up an Ingress whose IngressClass does not exist. The classes mostly come
    with the cluster, so this is looked at only where the render has IngressClasses of its own, and
    is a warning even then. Correct ingressClassName if it is misspelt.
    """
    classes = {one.reference.name for one in scene.of("networking.k8s.io", "IngressClass")}
    for ingress in scene.of("networking.k8s.io", "Ingress"):
        name = ingress.get("spec", "ingressClassName")
        if classes and isinstance(name, str) and name not in classes:
            message = f"there is no IngressClass {name}"
            yield Problem(message, ingress.reference, ("spec", "ingressClassName"))


CHECKS = (
    Check(service_selects_nothing, Severity.ERROR),
    Check(target_port_absent, Severity.ERROR),
    Check(probe_port_absent, Severity.ERROR),
    Check(ingress_backend_absent, Severity.ERROR),
    Check(ingress_class_absent, Severity.WARNING),
)
