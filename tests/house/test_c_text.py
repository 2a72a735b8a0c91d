"""The C texts keep the house's rules: contracts, guards, sizes, no recursion, no state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from house.texts import ROOT, bare, c_texts, functions, name_of

KERNELS = [p for p in c_texts() if p.parent.name != "bind"]
HEADERS = c_texts("h")
LONGEST_FUNCTION, LONGEST_FILE = 75, 620
EACH_TEXT = pytest.mark.parametrize("path", c_texts(), ids=name_of)
EACH_HEADER = pytest.mark.parametrize("path", HEADERS, ids=name_of)


def comment_before(text: str, line: int) -> str:
    """Give the comment above the group of lines, without a blank one, that holds this line."""
    lines = text.splitlines()
    at = line - 1
    while at > 0 and lines[at - 1].strip() and not lines[at - 1].rstrip().endswith(("*/", "}")):
        at -= 1
    above = "\n".join(lines[:at]).rstrip()
    return above[above.rindex("/*") :] if at and lines[at - 1].rstrip().endswith("*/") else ""


@EACH_HEADER
def test_every_function_of_a_header_states_its_contract(path: Path):
    text = path.read_text("utf-8")
    silent = [
        f"{name_of(path)}:{line} {name}"
        for name, line, _ in functions(text)
        if len(comment_before(text, line)) < 15
    ]
    assert not silent, f"no contract above {silent}"


@EACH_HEADER
def test_every_header_says_what_it_is_and_guards_itself(path: Path):
    text = path.read_text("utf-8")
    guard = path.name.upper().replace(".", "_")
    assert text.startswith("/*"), f"{name_of(path)} does not begin with what it is for"
    assert re.search(rf"^#ifndef {guard}\n#define {guard}$", text, re.M), f"no guard {guard}"


@EACH_HEADER
def test_a_header_defines_no_function_twice_over(path: Path):
    text = bare(path.read_text("utf-8"))
    for name, line, body in functions(path.read_text("utf-8")):
        if body:
            head = re.split(r"[;}]", text[: re.search(rf"\b{name}\s*\(", text).start()])[-1]
            assert "static inline" in head, f"{name_of(path)}:{line} {name} is not static inline"


@EACH_TEXT
def test_a_function_fits_a_screen(path: Path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= LONGEST_FILE, f"{name_of(path)} is too long"
    for name, line, body in functions(text):
        assert body.count("\n") <= LONGEST_FUNCTION, f"{name_of(path)}:{line} {name} is too long"


@EACH_TEXT
def test_no_word_of_unfinished_work(path: Path):
    words = re.findall(r"TO" r"DO|FIX" r"ME|X" r"XX", path.read_text("utf-8"))
    assert not words, f"{name_of(path)}: {words}"


@pytest.mark.parametrize("path", KERNELS, ids=name_of)
def test_a_kernel_keeps_no_state(path: Path):
    for match in re.finditer(r"\bstatic\b([^;{=()]*)(.)", bare(path.read_text("utf-8")), re.S):
        declared, then = match[1], match[2]
        if then in "({":
            continue  # a function, or the body of one whose name a macro builds
        target = declared[declared.rindex("*") :] if "*" in declared else declared
        assert re.search(r"\bconst\b", target), f"{name_of(path)}: static{declared} can change"


@pytest.mark.parametrize("path", KERNELS, ids=name_of)
def test_types_have_one_width_everywhere(path: Path):
    # `long` is 32 bits on Windows; pthread's time fields are of that type, so a constant may be.
    found = re.findall(r"\b(?:unsigned )?long\b(?! double)", bare(path.read_text("utf-8")))
    assert not found, f"{name_of(path)} uses {found}: seg_len, int32_t, int64_t or uint64_t"


@EACH_TEXT
def test_no_wait_is_told_by_a_clock_that_someone_may_set(path: Path):
    words = r"\b(?:CLOCK_REALTIME|TIME_UTC|gettimeofday|timespec_get|ftime)\b|\btime\s*\("
    found = re.findall(words, bare(path.read_text("utf-8")))
    assert not found, f"{name_of(path)} uses {found}: CLOCK_MONOTONIC and its like"


def test_no_function_of_c_calls_itself_round_about():
    bodies = {
        name: body for p in c_texts() for name, _, body in functions(p.read_text("utf-8")) if body
    }
    calls = {
        name: {c for c in re.findall(r"\b([A-Za-z_]\w*)\s*\(", body) if c in bodies}
        for name, body in bodies.items()
    }
    state: dict[str, int] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert state.get(name) != 1, f"recursion: {' -> '.join([*path, name])}"
        if name not in state:
            state[name] = 1
            for callee in sorted(calls[name]):
                visit(callee, (*path, name))
            state[name] = 2

    for name in sorted(calls):
        visit(name, ())
    assert len(calls) > 20, "the reader of functions found hardly any"


def test_the_readers_find_what_they_look_for():
    text = """/* a */
    typedef int (*f)(int);
    static const int ok[] = {g(1), 2};
    /* Says what it does and why. */
    int
    one(int a, int (*b)(int))
    {
        return two(a); /* three() */
    }
    struct s { int (*m)(void); };
    SEG_MUST_USE int two(int a);
    """
    assert [(n, bool(b)) for n, _, b in functions(text)] == [("one", True), ("two", False)]
    line = next(line for n, line, _ in functions(text) if n == "one")
    assert comment_before(text, line).startswith("/* Says")
    line = next(line for n, line, _ in functions(text) if n == "two")
    assert comment_before(text, line) == ""
    assert (ROOT / "csrc").is_dir()
