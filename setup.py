"""Build segpy._core: each hot source once per processor level. Metadata is in pyproject.toml."""

import os
import platform
import sys
import sysconfig
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
MACHINE = os.environ.get("SEGPY_TARGET_MACHINE", sysconfig.get_platform() or platform.machine())
X86_64 = any(name in MACHINE.lower() for name in ("x86_64", "amd64"))
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
    *([f"-fsanitize={SANITIZE}", "-fno-omit-frame-pointer", "-g", "-UNDEBUG"] if SANITIZE else []),
]
MSVC_FLAGS = ["/O2", "/std:c11", "/fp:precise", "/W3"]
LEVELS = {"base": []}
if X86_64 and sys.platform != "win32":
    LEVELS |= {"v3": ["-march=x86-64-v3"], "v4": ["-march=x86-64-v4"]}


class BuildCore(build_ext):
    """Compile every `*_isa.c` once per level and everything in parallel."""

    def build_extension(self, ext):
        """Compile all objects on a few threads, then let setuptools link them."""
        msvc = self.compiler.compiler_type == "msvc"
        flags = MSVC_FLAGS if msvc else UNIX_FLAGS
        levels = {n: f for n, f in LEVELS.items() if n == "base" or self.accepts(f)}
        macros = [("SEG_VERSION", f'"{VERSION}"')]
        macros += [(f"SEG_HAVE_{name.upper()}", "1") for name in levels if name != "base"]
        jobs = []
        for source in ext.sources:
            hot = source.endswith("_isa.c")
            for name in levels if hot else ["base"]:
                level = [("SEG_ISA", name), (f"SEG_ISA_{name.upper()}", "1")] if hot else []
                jobs.append((source, name, flags + levels[name], macros + level))

        def compile_one(job):
            source, name, flags, macros = job
            return self.compiler.compile(
                [source],
                output_dir=os.path.join(self.build_temp, name),
                include_dirs=ext.include_dirs,
                macros=macros,
                extra_postargs=flags,
                depends=ext.depends,
            )

        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            objects = [o for group in pool.map(compile_one, jobs) for o in group]
        ext.extra_objects, ext.sources = objects, []
        ext.extra_link_args = [] if msvc else ["-pthread"]
        if SANITIZE and not msvc:
            ext.extra_link_args.append(f"-fsanitize={SANITIZE}")
        super().build_extension(ext)

    def accepts(self, flags):
        """Whether the compiler knows these flags; says so when it does not."""
        with tempfile.TemporaryDirectory() as folder:
            probe = Path(folder, "probe.c")
            probe.write_text("int probe(void);\nint probe(void) { return 0; }\n")
            try:
                self.compiler.compile([str(probe)], output_dir=folder, extra_postargs=flags)
            except Exception as error:
                if REQUIRE_LEVELS:
                    raise
                print(f"segpy: the compiler refuses {flags}; building without that level ({error})")
                return False
        return True


setup(
    ext_modules=[
        Extension(
            "segpy._core",
            sources=sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("csrc/*/*.c")),
            depends=sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("csrc/*/*.h"))
            + ["pyproject.toml"],
            include_dirs=[
                *(p.relative_to(ROOT).as_posix() for p in sorted(ROOT.glob("csrc/*"))),
                numpy.get_include(),
            ],
        )
    ],
    cmdclass={"build_ext": BuildCore},
)
