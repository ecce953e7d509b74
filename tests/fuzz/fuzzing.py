"""Fuzzing: number of inputs, acceptable outcomes, and strategies that damage valid input.

``make fuzz`` sets FUZZ_EXAMPLES, the number of random inputs of each test. Without it each test has a few fixed ones.
"""

import contextlib
import copy
import json
import math
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from sr.core.errors import UserError

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
LONG = EXAMPLES > 0
SECONDS = 30  # that one input may take: hangs only, however slow the machine
EXTRA = 3 * 2**30  # bytes of address space that one input may take on top
LONGEST = 2000  # characters of a message


def fuzzed(few: int = 60) -> settings:
    """Return how to run a property: the same ``few`` inputs each time, or FUZZ_EXAMPLES new ones."""
    return settings(
        max_examples=EXAMPLES or few,
        derandomize=not LONG,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def outcome(call: Callable[[], Any], names: str | os.PathLike | None = None) -> Any:
    """Return what ``call`` returns, or the UserError that it raises: one short line that begins with ``names``.

    Any other exception, a hang or a hunger for memory fails the test.
    """
    try:
        with limited(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call()
    except UserError as error:
        message = str(error)
        assert message.isprintable(), ascii(message)
        assert 10 < len(message) < LONGEST, f"{len(message)} characters: {message[:300]}"
        assert names is None or str(names) in message, f"does not name {names}: {message}"
        return error


@contextlib.contextmanager
def limited(extra: int = EXTRA, seconds: int = SECONDS) -> Iterator[None]:
    """Limit the additional memory (bytes) and the time of a block."""

    def late(*_: object) -> None:
        raise TimeoutError(f"took more than {seconds} s")

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    now = (
        int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if sys.platform == "linux" else 0
    )
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        if now:
            resource.setrlimit(resource.RLIMIT_AS, (now + extra, hard))
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


STRANGE: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [
            *(None, True, False, 0, 1, -1, 2.0, 4.0, 0.5, 10**9, 10**30, -(10**400), 1e-300, 1e300),
            *(math.nan, math.inf, -math.inf, "", " ", "\n", "a\nb", "\0", "\x1b[31m", "\ud800", "1e-4", "nan", "x2"),
            *("../..", "/", "~", "$(touch x)", "{a}", "%s", "dlsr", "mran", "os", ".", "é" * 3000),
            *([], {}, [[]], [{}], {"": {}}, [None], {"x": None}, date(2001, 2, 3), b"\xff"),
        ]
    ),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ),
)

# What is drawn may be damaged further, and the next input draws it again.
STRANGE_COPY = STRANGE.map(copy.deepcopy)


@st.composite
def damaged(draw: st.DrawFn, tree: Any, most: int = 3) -> Any:
    """Draw ``tree`` with up to ``most`` values replaced, removed, doubled or added somewhere in it."""
    tree = copy.deepcopy(tree)
    for _ in range(draw(st.integers(1, most))):
        places = list(_places(tree))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        _damage(draw, holder, key)
    return tree


def _damage(draw: st.DrawFn, holder: Any, key: Any) -> None:
    kind = draw(st.sampled_from(["replace", "replace", "replace", "remove", "add", "nest"]))
    if kind == "replace":
        holder[key] = draw(st.one_of(st.sampled_from(_near(holder[key])), STRANGE_COPY))
    elif kind == "remove":
        del holder[key]
    elif kind == "nest":
        holder[key] = draw(st.sampled_from([[holder[key]], {"x": holder[key]}, [holder[key]] * 2]))
    elif isinstance(holder, dict):
        holder[draw(st.one_of(st.text(max_size=10), st.sampled_from(["x2", "a\nb", "\0", "\ud800"])))] = draw(
            STRANGE_COPY
        )
    else:
        holder.insert(key, draw(STRANGE_COPY))


def _near(value: Any) -> list[Any]:
    """Return values that Python may confuse with ``value``, and values just out of range."""
    if isinstance(value, bool) or value is None:
        return [str(value), int(bool(value)), not value]
    if isinstance(value, int | float) and abs(value) < 1e300:
        return [float(value), int(value), str(value), -value, value + 1, value * 10**6, math.nan, math.inf, value == 1]
    if isinstance(value, str):
        return [value + "\n", value + "\0", value + "x", value.upper(), [value], value * 500, f"{value};$(x)"]
    return [[value], {"x": value}, str(value), None]


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of every value below ``tree``."""
    if isinstance(tree, dict | list):
        for key, value in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
            yield tree, key
            yield from _places(value)


PIECES = [
    *(b"", b"\0", b"\xff", b"\n", b"{", b"}", b"[", b"]", b"NaN", b"-Infinity", b'"\\ud800"', b"1e999", b"9" * 5000),
    *(b"&a", b"*a", b"<<: ", b"!!python/object:os.system ", b"!!int x", b"!!bool x", b"!!float x", b"!!binary x"),
    *(b"2001-99-99", b"? ", b": ", b"- ", b"'", b'"', b"#", b"\t", b"%YAML 9", b"[" * 3000, b'{"a":' * 3000, b"\xc3"),
]


@st.composite
def scrambled(draw: st.DrawFn, content: bytes, most: int = 4) -> bytes:
    """Draw ``content`` with bytes changed, cut out, cut off, doubled or replaced by what parsers dislike."""
    for _ in range(draw(st.integers(1, most))):
        at = draw(st.integers(0, len(content)))
        # Headers are at the front: there damage does most.
        at = draw(st.sampled_from([at, min(at, 16), at % 128]))
        until = min(len(content), at + draw(st.sampled_from([0, 1, 2, 4, 16, 100])))
        piece = draw(st.one_of(st.binary(max_size=8), st.sampled_from(PIECES)))
        kind = draw(st.sampled_from(["piece", "piece", "cut", "truncate", "double"]))
        if kind == "truncate":
            content = content[:at]
        else:
            content = (
                content[:at] + {"piece": piece, "cut": b"", "double": content[at:until] * 2}[kind] + content[until:]
            )
    return content


def as_json(value: Any) -> bytes:
    """Return JSON of whatever ``damaged`` makes."""
    return json.dumps(value, default=str).encode("utf-8", "surrogatepass")
