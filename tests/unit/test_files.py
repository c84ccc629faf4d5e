"""Files are read within limits, and never out of the repository."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetops import goyaml
from fleetops.errors import InputError
from fleetops.files import MAX_BYTES, Repository


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing", "does not exist"),
        ("folder", "is a folder, not a file"),
        ("../outside", "leads out of the repository"),
        ("folder/../../outside", "leads out of the repository"),
        ("/etc/hostname", "leads out of the repository"),
        ("outside-link", "leads out of the repository"),
        ("loop", "cannot be read"),
        ("pipe", "is not a regular file"),
        ("large", "is larger than 8 MiB"),
        ("binary", "is not UTF-8 text"),
        ("a\0b", "is not a path"),
        ("x" * 5000, "cannot be read"),
        ("folder/file.yaml/x", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused_at_once(
    repository: Repository, path: str, message: str
) -> None:
    root = repository.root
    (root.parent / "outside").write_text("secret")
    (root / "outside-link").symlink_to("../outside")
    (root / "loop").symlink_to("loop")
    (root / "binary").write_bytes(b"one\ntwo\xff")
    os.mkfifo(root / "pipe")
    with (root / "large").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    begun = time.monotonic()
    with pytest.raises(InputError) as caught:
        repository.read_text(path)
    assert message in caught.value.message
    assert time.monotonic() - begun < 5
    if path == "binary":
        assert str(caught.value.place) == "binary:2"


def test_every_byte_of_a_text_is_kept(repository: Repository) -> None:
    text = "\ufeffa: é\r\nb: 𝄞\n\rc"
    (repository.root / "text").write_bytes(text.encode())
    assert repository.read_text("text") == text


@settings(deadline=None, max_examples=200, derandomize=True)
@given(content=st.binary(max_size=200))
def test_no_content_of_a_file_ends_in_another_error(content: bytes) -> None:
    # Not tmp_path: hypothesis runs this many times within one test.
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "file").write_bytes(content)
        try:
            goyaml.read(Repository.at(Path(folder)).read_text("file"), "file", marks=True)
        except InputError as error:
            place = error.place
        else:
            return
        assert place is not None
