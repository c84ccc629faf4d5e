"""The field that the API server means, in the forms that it speaks of one."""

from __future__ import annotations

import pytest

from fleetops.rehearsal.words import field_path


@pytest.mark.parametrize(
    ("fields", "message", "path"),
    [
        (["spec.ports[0].nodePort"], "", ("spec", "ports", 0, "nodePort")),
        (["metadata.labels"], "", ("metadata", "labels")),
        (["spec.selector", "spec.template"], "", ("spec", "selector")),
        (
            ["spec.containers[2].resources.limits[cpu]"],
            "",
            ("spec", "containers", 2, "resources", "limits", "cpu"),
        ),
        ([], 'strict decoding error: unknown field "spec.replica"', ("spec", "replica")),
        (
            [],
            "failed to create typed object: .spec.contaners: field not declared in schema",
            ("spec", "contaners"),
        ),
        (
            [],
            'spec.template.spec.containers[0].env[1]: hides previous definition of "A"',
            ("spec", "template", "spec", "containers", 0, "env", 1),
        ),
        ([], 'namespaces "shop" not found', ()),
        ([], "", ()),
    ],
)
def test_a_field_is_found(fields: list[str], message: str, path: tuple[str | int, ...]) -> None:
    assert field_path(fields, message) == path
