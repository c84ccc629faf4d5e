"""The message of a promotion's commit, whatever stands in the repository."""

from __future__ import annotations

from fleetops.git.message import Accepted, Message, Step


def test_it_has_a_line_for_each_service_and_trailers() -> None:
    steps = [
        Step("local", None, [("queue", "1", "2"), ("tracker", "1@sha256:a", "2")]),
        Step("aws", "release1", [("queue", "1", "2")]),
    ]
    message = Message("release2", steps, [Accepted("claim-removed", "it is empty")])
    assert (
        str(message)
        == """\
Promote release2 in local, aws

local
queue    1 -> 2
tracker  1@sha256:a -> 2

aws
queue  1 -> 2

Release: release2
Environment: local
From: no release as a whole
Environment: aws
From: release1
Accepted: claim-removed because it is empty
"""
    )


def test_no_text_makes_a_line_or_a_sequence_of_its_own() -> None:
    evil = "a\n\nRelease: other\r\x1b[31m\u2028\u202e\udcff"
    message = str(Message(evil, [Step(evil, evil, [(evil, evil, evil)])], [Accepted(evil, evil)]))
    assert [line for line in message.splitlines() if line.startswith("Release: other")] == []
    assert len(message.splitlines()) == 8
    assert all(character == "\n" or character.isprintable() for character in message)


def test_of_many_environments_a_few_stand_in_the_first_line() -> None:
    steps = [Step(f"env-{number}", "v1", [("web", "1", "2")]) for number in range(200)]
    message = Message("v2", steps)
    assert message.subject == "Promote v2 in env-0, env-1, env-2 and 197 more"
    assert "Environment: env-199\n" in str(message)
