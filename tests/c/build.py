"""Compile csrc without Python, with its C tests or fuzz targets, and run them.

The flags, levels and macros are those of setup.py. One call builds for one compiler and one machine
into a folder of its own; what is up to date stays.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wmissing-prototypes", "-Werror"]
# What `make lint` asks beyond the build's own warnings; the compilers know different ones.
LINT = [
    "-Werror",
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wundef",
    "-Wvla",
    "-Wpointer-arith",
    "-Wwrite-strings",
    "-Wcast-qual",
    "-Wcast-align",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wdouble-promotion",
    "-Wformat=2",
    "-Wimplicit-fallthrough",
]
# Python's interface takes words and methods as `char *` and casts between kinds of object.
PYTHONS_WAY = ["-Wno-write-strings", "-Wno-cast-qual", "-Wno-comma"]
LINT_BY = {
    "gcc": ["-Wlogical-op", "-Wduplicated-cond", "-Wduplicated-branches"],
    "clang": ["-Wcomma", "-Wunreachable-code", "-Wassign-enum"],
}


@dataclass
class Toolchain:
    """A compiler, the machine it builds for, and where its objects go."""

    out: Path
    cc: str = "gcc"
    machine: str = "x86_64"
    sanitize: str = ""
    extra: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        setup = runpy.run_path(str(ROOT / "setup.py"), run_name="setup")
        self.flags = [*setup["UNIX_FLAGS"], *self.extra]
        if self.sanitize:
            self.flags += ["-O1", "-g", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all"]
            self.flags += ["-UNDEBUG", f"-fsanitize={self.sanitize}"]
        self.flags += [f"-I{room}" for room in sorted({p.parent for p in self.texts("csrc/*/*.h")})]
        self.flags.append(f"-I{ROOT / 'tests/c'}")
        self._levels = {n: f for n, f in setup["levels"](self.machine).items() if self.accepts(f)}
        self._compilations = setup["compilations"]
        headers = [*self.texts("csrc/*/*.h"), *self.texts("tests/*/*.h"), ROOT / "setup.py"]
        self._newest = max(path.stat().st_mtime for path in headers)
        self.out.mkdir(parents=True, exist_ok=True)

    @staticmethod
    def texts(pattern: str) -> list[Path]:
        """Give the C texts of a pattern, in order, without the doorway to Python."""
        return sorted(p for p in ROOT.glob(pattern) if p.parent.name != "bind")

    def accepts(self, flags: list[str]) -> bool:
        """Whether the compiler knows these flags."""
        command = [*shlex.split(self.cc), *flags, "-x", "c", "-fsyntax-only", os.devnull]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def call(self, *arguments: str) -> None:
        """Call the compiler; its words are shown only if it fails."""
        command = [*shlex.split(self.cc), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")

    def compile(self, source: Path, arguments: list[str]) -> Path:
        """Compile one text unless its object is newer than it and all it may include."""
        recipe = hashlib.sha256(repr((self.cc, self.flags, arguments)).encode()).hexdigest()[:10]
        made = self.out / f"{source.stem}-{recipe}.o"
        included = re.findall(r'^#include "(\w+\.c)"', source.read_text("utf-8"), re.M)
        texts = [source, *(p for name in included for p in self.texts(f"csrc/*/{name}"))]
        newest = max(self._newest, *(p.stat().st_mtime for p in texts))
        if made.exists() and made.stat().st_mtime > newest:
            return made
        part = made.with_suffix(f".{os.getpid()}.part")
        self.call(*self.flags, *arguments, "-c", str(source), "-o", str(part))
        part.replace(made)
        return made

    def library(self, extra: list[str]) -> list[tuple[Path, list[str]]]:
        """Give every object of csrc that knows nothing of Python: its text and arguments."""
        sources = [str(path) for path in self.texts("csrc/*/*.c")]
        return [
            (Path(source), [*flags, *extra, *(f"-D{name}={value}" for name, value in macros)])
            for source, _, flags, macros in self._compilations(sources, self._levels)
        ]

    def build(self, programs: list[Path], extra: list[str], shared: list[Path]) -> list[Path]:
        """Build each program with csrc and the shared texts; give the programs made."""
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            have = [f"-DSEG_HAVE_{name.upper()}=1" for name in self._levels if name != "base"]
            own = [(path, [*WARNINGS, *have, *extra]) for path in [*programs, *shared]]
            jobs = [*own, *self.library(extra)]
            objects = list(pool.map(lambda job: self.compile(*job), jobs))
            common = objects[len(programs) :]
            made = [self.out / path.stem for path in programs]

            def link(pair: tuple[Path, Path]) -> None:
                part = pair[1].with_suffix(f".{os.getpid()}.part")
                parts = [str(o) for o in [pair[0], *common]]
                self.call(*self.flags, *extra, *parts, "-o", str(part), "-lm")
                part.replace(pair[1])

            list(pool.map(link, zip(objects, made, strict=False)))
        return made


def named(folder: Path, kind: str, names: str) -> list[Path]:
    """Give the texts `<kind>_<name>.c` of a folder for names and patterns between commas."""
    found = sorted({p for name in names.split(",") for p in folder.glob(f"{kind}_{name}.c")})
    if not found:
        sys.exit(f"{folder}: no text is named {kind}_ and one of {names}")
    return found


def side_by_side(
    programs: list[Path], command: Callable[[Path], list[str]]
) -> Iterator[tuple[Path, subprocess.CompletedProcess[str]]]:
    """Run programs, as many at a time as there are processors; give what each said, in order."""

    def run(program: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command(program), capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from zip(programs, pool.map(run, programs), strict=True)


def run_tests(programs: list[Path], under: list[str], digests: Path | None) -> bool:
    """Run test programs and print what they print; keep the lines with a digest."""
    kept, good = [], True
    for program, done in side_by_side(programs, lambda program: [*under, str(program)]):
        print(done.stdout, done.stderr, sep="", end="", flush=True)
        if done.returncode:
            print(f"{program.name}: exit {done.returncode}")
            good = False
        kept += [line for line in done.stdout.splitlines() if " digest " in line]
    if digests is not None:
        digests.write_text("\n".join(sorted(kept)) + "\n", "utf-8")
    return good


def fuzz(chain: Toolchain, names: str, seconds: int) -> bool:
    """Replay each target's corpus, then try new inputs for a time, by libFuzzer if it is there."""
    folder = ROOT / "tests/fuzz"
    if chain.accepts(["-fsanitize=fuzzer"]):
        arguments, driver = ["-fsanitize=fuzzer"], []
    else:
        print(f"{chain.cc} has no libFuzzer: replay and random inputs by standalone.c")
        arguments, driver = [], [folder / "standalone.c"]
    targets = named(folder, "fuzz", names)
    options = ["-max_len=4096", "-rss_limit_mb=2048", f"-artifact_prefix={chain.out}/"]
    options += [f"-max_total_time={seconds}", "-print_final_stats=1", "-verbosity=0"]

    def command(program: Path) -> list[str]:
        found = chain.out / f"{program.name}-found"
        found.mkdir(exist_ok=True)
        corpus = folder / "corpus" / program.name.removeprefix("fuzz_")
        folders = [str(found), *([str(corpus)] if corpus.is_dir() else [])]
        return [str(program), *options, *folders]

    programs = chain.build(targets, arguments, driver)
    for program, done in side_by_side(programs, command):
        counted = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
        print(f"{program.name}: {counted[1] if counted else 'no'} inputs", flush=True)
        if done.returncode or not counted:
            print(done.stdout, done.stderr, sep="")
            return False
    return True


def lint() -> bool:
    """Compile every text of csrc, bind and every level included, with all warnings as errors."""
    setup = runpy.run_path(str(ROOT / "setup.py"), run_name="setup")
    headers = [sysconfig.get_path("include"), setup["numpy"].get_include()]
    rooms = sorted({p.parent for p in ROOT.glob("csrc/*/*.h")})
    sources = sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("csrc/*/*.c"))
    levels = setup["levels"](os.uname().machine)
    good = True
    for cc, own in LINT_BY.items():
        if shutil.which(cc) is None:
            print(f"{cc} is not here: its warnings were not asked for (apt-get install {cc})")
            continue
        base = [cc, *setup["UNIX_FLAGS"], *LINT, *own, *(f"-I{room}" for room in rooms)]
        base += [part for path in headers for part in ("-isystem", path)]
        commands = [
            [*base, *flags, *(f"-D{n}={v}" for n, v in macros), "-c", source, "-o", os.devnull]
            + (PYTHONS_WAY if source.startswith("csrc/bind/") else [])
            for source, _, flags, macros in setup["compilations"](sources, levels)
        ]
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            done = list(
                pool.map(
                    lambda c: subprocess.run(c, capture_output=True, text=True, cwd=ROOT), commands
                )
            )
        said = {d.stderr for d in done if d.returncode}
        print("".join(sorted(said)), end="")
        print(f"{cc}: {len(commands)} compilations, {len(said)} with warnings")
        good = good and not said
    return good


def main() -> int:
    """Build and run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cc", help="the compiler; else CC, else gcc (clang to fuzz, if there)")
    parser.add_argument("--machine", default=os.uname().machine)
    parser.add_argument("--sanitize", default="")
    parser.add_argument("--flags", default="", help="more flags for the compiler")
    parser.add_argument("--out", type=Path, default=ROOT / "build/c/native")
    parser.add_argument("--only", default="*", help="names after test_ or fuzz_, patterns too")
    parser.add_argument("--no-run", action="store_true")
    parser.add_argument("--under", default="", help="the program that runs the tests")
    parser.add_argument("--digests", type=Path, help="keep the digests of results in this file")
    parser.add_argument("--fuzz", type=int, metavar="SECONDS", help="fuzz each target that long")
    parser.add_argument("--lint", action="store_true", help="only look for warnings, bind included")
    asked = parser.parse_args()
    if asked.lint:
        return 0 if lint() else 1
    usual = "clang" if asked.fuzz is not None and shutil.which("clang") else "gcc"
    cc = asked.cc or os.environ.get("CC") or usual
    toolchain = Toolchain(
        asked.out.resolve(), cc, asked.machine, asked.sanitize, shlex.split(asked.flags)
    )
    if asked.fuzz is not None:
        return 0 if fuzz(toolchain, asked.only, asked.fuzz) else 1
    programs = toolchain.build(named(ROOT / "tests/c", "test", asked.only), [], [])
    if asked.no_run:
        print(f"{cc}: {len(programs)} programs built")
        return 0
    return 0 if run_tests(programs, shlex.split(asked.under), asked.digests) else 1


if __name__ == "__main__":
    sys.exit(main())
