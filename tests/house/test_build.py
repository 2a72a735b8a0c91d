"""setup.py asks the compiler for what the house wants; a compiler that only notes it records."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from house.texts import ROOT

# Notes its arguments, refuses what an old compiler would, and leaves an empty object.
COMPILER = """#!{python}
import os, sys, time
with open(os.environ["RECORD"], "a") as record:
    record.write("\\x1f".join(sys.argv[1:]) + "\\n")
refused = os.environ.get("REFUSE", "-")
if any(a in refused.split() for a in sys.argv):
    sys.exit("cc: error: bad value for '-march='")
open(sys.argv[sys.argv.index("-o") + 1], "w").close()
"""
UNWANTED = re.compile(
    r"-march=native|-mtune=native|-ffast-math|-Ofast|-fopenmp|-funsafe-math.*|-flto"
)
LEVELS = {"base": [], "v3": ["-march=x86-64-v3"], "v4": ["-march=x86-64-v4"]}
unix = pytest.mark.skipif(os.name != "posix", reason="a compiler that is a script")


class Tree:
    """A copy of what the build reads, and a compiler that notes what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.root, self.record = folder / "tree", folder / "record"
        self.root.mkdir()
        for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
            if (ROOT / name).exists():
                shutil.copy(ROOT / name, self.root)
        for name in ("csrc", "segpy"):
            shutil.copytree(
                ROOT / name, self.root / name, ignore=shutil.ignore_patterns("*.so", "__pycache__")
            )
        self.compiler = folder / "cc"
        self.compiler.write_text(COMPILER.format(python=sys.executable), "utf-8")
        self.compiler.chmod(0o755)

    def build(self, **switches: str) -> tuple[list[list[str]], str]:
        """Build in place; give the compiler's calls and all that was printed."""
        self.record.write_text("")
        # What the caller's own build asks for, such as SEGPY_REQUIRE_LEVELS, is not asked here.
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"CFLAGS", "CPPFLAGS", "LDFLAGS", "LDSHARED"}
            and not name.startswith("SEGPY_")
        }
        environment |= {"CC": str(self.compiler), "RECORD": str(self.record), **switches}
        done = subprocess.run(
            [sys.executable, "setup.py", "build_ext", "--inplace"],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.status = done.returncode
        calls = [line.split("\x1f") for line in self.record.read_text().splitlines()]
        return calls, done.stdout + done.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Give a tree of the test's own."""
    return Tree(tmp_path)


def compiled(calls: list[list[str]]) -> dict[tuple[str, str], list[str]]:
    """Give the compilations of csrc, by text and level."""
    found = {}
    for call in calls:
        source = next((a for a in call if a.endswith(".c")), "")
        if "-c" in call and source.startswith("csrc/"):
            level = next((a.removeprefix("-DSEG_ISA=") for a in call if "-DSEG_ISA=" in a), "once")
            assert (source, level) not in found, f"{source} is compiled twice for {level}"
            found[source, level] = call
    return found


@unix
@pytest.mark.parametrize(
    ("machine", "levels"),
    [("linux-x86_64", ["base", "v3", "v4"]), ("linux-aarch64", ["base"]), ("win-amd64", ["base"])],
)
def test_each_hot_text_is_compiled_once_per_level(tree: Tree, machine: str, levels: list[str]):
    calls, printed = tree.build(SEGPY_TARGET_MACHINE=machine)
    assert tree.status == 0, printed
    wanted = {
        (p.relative_to(ROOT).as_posix(), level)
        for p in ROOT.glob("csrc/*/*.c")
        for level in (levels if p.stem.endswith("_isa") else ["once"])
    }
    found = compiled(calls)
    assert set(found) == wanted
    for (source, level), call in found.items():
        asked = [a for a in call if a.startswith("-march=x86-64-v")]
        assert asked == LEVELS.get(level, []), f"{source} {level}: {shlex.join(call)}"
        have = {a for a in call if a.startswith("-DSEG_HAVE_")}
        assert have == {f"-DSEG_HAVE_{n.upper()}=1" for n in levels if n != "base"}


@unix
def test_flags_keep_bits_and_names(tree: Tree):
    calls, printed = tree.build()
    assert tree.status == 0, printed
    for call in compiled(calls).values():
        assert {"-std=c11", "-ffp-contract=off", "-fvisibility=hidden", "-O3"} <= set(call)
        assert "-Werror" not in call
        optimised = [a for a in call if re.fullmatch(r"-O\w*", a)]
        assert optimised[-1] == "-O3"
    unwanted = [a for call in calls for a in call if UNWANTED.match(a)]
    assert not unwanted, unwanted


@unix
def test_switches_reach_the_compiler(tree: Tree):
    calls, _ = tree.build(SEGPY_STRICT="1", SEGPY_SANITIZE="address,undefined")
    found = compiled(calls)
    assert found
    for call in found.values():
        assert {"-Werror", "-fsanitize=address,undefined"} <= set(call)
        asserted = [a for a in call if "NDEBUG" in a]
        assert not asserted or asserted[-1] == "-UNDEBUG", "assert() is off under the sanitizers"
    assert "-fsanitize=address,undefined" in calls[-1], "the link lacks the sanitizers"


@unix
def test_an_old_compiler_builds_base_and_says_so(tree: Tree):
    old = "-march=x86-64-v3 -march=x86-64-v4"
    calls, printed = tree.build(REFUSE=old, SEGPY_TARGET_MACHINE="linux-x86_64")
    assert tree.status == 0, printed
    assert "lacks level v3" in printed
    assert "lacks level v4" in printed
    assert {level for _, level in compiled(calls)} == {"base", "once"}
    assert not [a for call in compiled(calls).values() for a in call if "SEG_HAVE_V" in a]
    tree.build(REFUSE=old, SEGPY_TARGET_MACHINE="linux-x86_64", SEGPY_REQUIRE_LEVELS="1")
    assert tree.status != 0, "SEGPY_REQUIRE_LEVELS=1 must fail where a level is missing"


@unix
def test_only_what_changed_is_compiled_again(tree: Tree):
    everything = compiled(tree.build()[0])
    assert not compiled(tree.build()[0]), "an unchanged tree was compiled again"
    one = min(tree.root.glob("csrc/base/*.c"))
    age = max(p.stat().st_mtime for p in tree.root.glob("build/*/*/csrc/*/*.o")) + 10
    os.utime(one, (age, age))
    calls, _ = tree.build()
    assert [source for source, _ in compiled(calls)] == [one.relative_to(tree.root).as_posix()]
    assert any("-shared" in call or "-bundle" in call for call in calls), "nothing was linked"
    header = min(tree.root.glob("csrc/base/*.h"))
    os.utime(header, (age + 10, age + 10))
    assert set(compiled(tree.build()[0])) == set(everything), "a header changed"
    assert set(compiled(tree.build(CFLAGS="-DOTHER")[0])) == set(everything), "the flags changed"


def test_the_version_stands_once():
    import tomllib

    import segpy

    text = (ROOT / "pyproject.toml").read_text("utf-8")
    number = tomllib.loads(text)["project"]["version"]
    assert segpy.__version__ == segpy._core.__version__ == number
    assert text.count(f'"{number}"') == 1
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## (\[?{re.escape(number)}\]?|\[?Unreleased)", changelog, re.M)
    quoted = [
        p.relative_to(ROOT).as_posix()
        for folder in ("csrc", "segpy")
        for p in (ROOT / folder).rglob("*")
        if p.suffix in {".py", ".pyi", ".c", ".h", ".html"}
        and f'"{number}"' in p.read_text("utf-8")
    ]
    assert not quoted, f"{quoted} repeat the version"
