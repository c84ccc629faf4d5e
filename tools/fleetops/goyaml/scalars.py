"""The values that Go gives scalars, by go.yaml.in/yaml/v2 (resolve.go, decode.go)."""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct

_TAGS = "tag:yaml.org,2002:"
MERGE_TAG = f"{_TAGS}merge"
_RESOLVED = {
    f"{_TAGS}bool": bool,
    f"{_TAGS}int": int,
    f"{_TAGS}float": float,
    f"{_TAGS}null": type(None),
}

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(
        ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True
    ),
    **dict.fromkeys(
        ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"),
        False,
    ),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGER = re.compile(
    r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))\Z"
)
_DECIMAL = 5
_BASES = {2: 16, 3: 2, 4: 8, _DECIMAL: 10}
"""Group of _INTEGER to base."""
_SIGN_INSIDE = re.compile(r"0b([-+][01]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_FRACTION = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?\Z")
_MAX_DECIMALS = 20
_MIN_INT64, MAX_INT64, _MAX_UINT64 = -(2**63), 2**63 - 1, 2**64 - 1


def scalar(text: str, tag: str | None, *, plain: bool) -> str | int | float | bool | None:
    """Give a scalar its value by its tag, or if it is plain by its looks.

    Raises ValueError for what does not fit its tag, or has no place in JSON.
    """
    value: str | int | float | bool | None = text
    if tag is None:
        value = resolve(text) if plain else text
    elif tag == f"{_TAGS}binary":
        try:
            value = base64.b64decode("".join(text.split()), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise ValueError("has a !!binary that is not UTF-8 text in base64") from None
    elif tag in _RESOLVED:
        value = resolve(text)
        if type(value) is int and value <= MAX_INT64 and tag == f"{_TAGS}float":
            value = float(value)
        if type(value) is not _RESOLVED[tag]:
            raise ValueError(f"has a value that is no !!{tag.removeprefix(_TAGS)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"has {text}, which JSON cannot hold")
    return value


def resolve(text: str) -> str | int | float | bool | None:
    """Give a plain scalar the value that Go gives it."""
    if text in _WORDS:
        return _WORDS[text]
    match text[0]:
        case ".":
            # Only here does Go take the text as it is, so that underscores need digits around them.
            if _FRACTION.match(text) and (fraction := _float(text)) is not None:
                return fraction
        case "+" | "-" | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9":
            digits = text.replace("_", "")
            if (integer := _integer(digits)) is not None:
                return integer
            if _FLOAT.match(digits) and (number := _float(digits)) is not None:
                return number
    return text


def _float(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _integer(digits: str) -> int | None:
    if found := _SIGN_INSIDE.match(digits):
        number = int(found[1], 2)
    elif (found := _INTEGER.match(digits)) and found.lastindex:
        body, base = found[found.lastindex], _BASES[found.lastindex]
        if found.lastindex == _DECIMAL and len(body) > _MAX_DECIMALS:
            return None
        number = -int(body, base) if found[1] == "-" else int(body, base)
        if not found[1] and number <= _MAX_UINT64:
            return number
    else:
        return None
    return number if _MIN_INT64 <= number <= MAX_INT64 else None


def float_key(number: float) -> str:
    """Write a number as Go's FormatFloat(number, 'g', -1, 32) does: as short as it can be."""
    try:
        single = struct.pack("<f", number)
    except OverflowError:
        return ".inf" if number > 0 else "-.inf"
    (number,) = struct.unpack("<f", single)
    written = (f"{number:.{digits}e}" for digits in range(9))
    shortest = next(text for text in written if struct.pack("<f", float(text)) == single)
    mantissa, _, exponent = shortest.partition("e")
    if -4 <= int(exponent) < 6:  # noqa: PLR2004
        return f"{float(shortest):.{max(len(mantissa.partition('.')[2]) - int(exponent), 0)}f}"
    return shortest
