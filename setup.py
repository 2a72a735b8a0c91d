"""Build segpy._core: each hot source once per processor level. Metadata is in pyproject.toml.

Switches, read from the environment: SEGPY_STRICT=1 makes warnings errors; SEGPY_SANITIZE names
sanitizers ("address,undefined"); SEGPY_REQUIRE_LEVELS=1 fails where the compiler lacks a level;
SEGPY_TARGET_MACHINE names the machine of a cross build.
"""

import copy
import hashlib
import os
import sys
import sysconfig
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
MACHINE = os.environ.get("SEGPY_TARGET_MACHINE") or sysconfig.get_platform()
SANITIZE = os.environ.get("SEGPY_SANITIZE", "")
STRICT = os.environ.get("SEGPY_STRICT", "") == "1"
REQUIRE_LEVELS = os.environ.get("SEGPY_REQUIRE_LEVELS", "") == "1"

UNIX_FLAGS = [
    "-std=c11",
    "-D_POSIX_C_SOURCE=200809L",
    "-O3",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fvisibility=hidden",
    "-pthread",
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wstrict-prototypes",
    *(["-Werror"] if STRICT else []),
]
SANITIZE_FLAGS = ["-O1", "-g", "-fno-omit-frame-pointer", "-UNDEBUG", f"-fsanitize={SANITIZE}"]
MSVC_FLAGS = ["/O2", "/std:c11", "/fp:precise", "/W3"]


def levels(machine):
    """Give the levels of a machine and their flags; where there is one only, it is base."""
    x86_64 = machine.lower().endswith(("x86_64", "amd64")) and not machine.startswith("win")
    return {"base": []} | ({n: [f"-march=x86-64-{n}"] for n in ("v3", "v4")} if x86_64 else {})


def compilations(sources, levels):
    """Give (source, level, flags, macros) of every object: a hot source is there once a level."""
    common = [("SEG_VERSION", f'"{VERSION}"')]
    common += [(f"SEG_HAVE_{name.upper()}", "1") for name in levels if name != "base"]
    for source in sources:
        if not source.endswith("_isa.c"):
            yield source, "base", [], common
            continue
        for name, flags in levels.items():
            yield (
                source,
                name,
                flags,
                [*common, ("SEG_ISA", name), (f"SEG_ISA_{name.upper()}", "1")],
            )


class BuildCore(build_ext):
    """Compile what is older than its text, in parallel, and let setuptools link it."""

    def build_extension(self, ext):
        """Build one extension; `ext` is left as it is, so that an sdist finds its sources."""
        msvc = self.compiler.compiler_type == "msvc"
        flags = MSVC_FLAGS if msvc else [*UNIX_FLAGS, *(SANITIZE_FLAGS if SANITIZE else [])]
        if msvc and not self.compiler.initialized:
            self.compiler.initialize()  # once, before the threads
        accepted = {n: f for n, f in levels(MACHINE).items() if n == "base" or self.accepts(n, f)}
        newest = max(os.stat(path).st_mtime for path in ext.depends)

        def compile_one(job):
            source, name, level_flags, macros = job
            # The folder is named by all that the object depends on beside its text. It is the same
            # for every build: an editable install has a temporary one of its own each time.
            compiler = getattr(self.compiler, "compiler_so", "")
            recipe = repr((flags, level_flags, macros, compiler, numpy.__version__, sys.version))
            folder = f"build/objects/{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"
            [known] = self.compiler.object_filenames([source], output_dir=folder)
            text = max(newest, os.stat(source).st_mtime)
            if not self.force and os.path.exists(known) and os.stat(known).st_mtime > text:
                return known
            [made] = self.compiler.compile(
                [source],
                output_dir=folder,
                include_dirs=ext.include_dirs,
                macros=macros,
                extra_postargs=flags + level_flags,
            )
            return made

        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            objects = list(pool.map(compile_one, compilations(ext.sources, accepted)))
        linked = copy.copy(ext)
        linked.sources, linked.extra_objects = [], objects
        if not msvc:
            linked.extra_link_args = ["-pthread", *([f"-fsanitize={SANITIZE}"] if SANITIZE else [])]
        self.force = True  # setuptools would look at the sources, of which it sees none
        super().build_extension(linked)

    def accepts(self, name, flags):
        """Whether the compiler knows the flags of a level; says so when it does not."""
        with tempfile.TemporaryDirectory() as folder:
            probe = Path(folder, "probe.c")
            probe.write_text("int seg_probe(void);\nint seg_probe(void) { return 0; }\n", "utf-8")
            try:
                self.compiler.compile([str(probe)], output_dir=folder, extra_postargs=flags)
            except Exception as error:
                if REQUIRE_LEVELS:
                    raise
                self.warn(f"the compiler lacks level {name} ({error}); segpy is built without it")
                return False
        return True


def extension():
    """Describe segpy._core; paths are relative, as an sdist wants them."""
    found = {kind: sorted(ROOT.glob(f"csrc/*/*.{kind}")) for kind in "ch"}
    relative = {kind: [p.relative_to(ROOT).as_posix() for p in found[kind]] for kind in "ch"}
    rooms = sorted({os.path.dirname(path) for path in relative["h"]})
    return Extension(
        "segpy._core",
        sources=relative["c"],
        depends=[*relative["h"], "pyproject.toml", "setup.py"],
        include_dirs=[*rooms, numpy.get_include()],
    )


if __name__ == "__main__":
    os.chdir(ROOT)
    setup(ext_modules=[extension()], cmdclass={"build_ext": BuildCore})
