"""Say what is wrong with the files of an sdist or a wheel: ``python check_dist.py dist/*``."""

from __future__ import annotations

import re
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = re.compile(r"(^|/)(__pycache__|build|dist|\.git|\.venv|.*\.so|.*\.pyc|.*\.o)(/|$)")


def wheel_faults(names: list[str]) -> list[str]:
    """Nothing but the package and its metadata; the module, its types and every data file there."""
    faults = [n for n in names if not re.match(r"segpy/|segpy_customers-[^/]+\.dist-info/", n)]
    faults += [n for n in names if re.search(r"\.(c|h|o|a)$|(^|/)(tests?|__pycache__)/", n)]
    if sum(bool(re.match(r"segpy/_core\.[^/]*(so|pyd)$", n)) for n in names) != 1:
        faults.append("one segpy/_core is not there")
    wanted = {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / "segpy").rglob("*")
        if p.is_file() and not MADE.search(p.relative_to(ROOT).as_posix()) and p.suffix != ".pyd"
    }
    faults += [f"{n} is missing" for n in sorted(wanted - set(names))]
    return faults + [
        f"no {n}" for n in ("METADATA", "LICENSE") if not any(x.endswith(n) for x in names)
    ]


def sdist_faults(names: list[str]) -> list[str]:
    """Everything that builds and tests, nothing that is made."""
    names = [n.split("/", 1)[1] for n in names if "/" in n]
    faults = [n for n in names if MADE.search(n)]
    tops = ("csrc", "segpy", "tests", "benchmarks", "notebooks")
    wanted = {
        p.relative_to(ROOT).as_posix()
        for top in tops
        for p in (ROOT / top).rglob("*")
        if p.is_file()
    }
    wanted |= {"pyproject.toml", "setup.py", "README.md", "LICENSE", "CHANGELOG.md", "MANIFEST.in"}
    wanted |= {"CONTRIBUTING.md", "Makefile", ".ci/run", ".clang-format"}
    return faults + [f"{n} is missing" for n in sorted(wanted - set(names)) if not MADE.search(n)]


def metadata_faults(text: str) -> list[str]:
    """The metadata of pyproject.toml, licence fields of PEP 639 among them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"License-Expression: {project['license']}",
        "License-File: LICENSE",
        f"Requires-Python: {project['requires-python']}",
        *(f"Provides-Extra: {extra}" for extra in project["optional-dependencies"]),
    ]
    return [f"the metadata lack {line!r}" for line in wanted if line not in text.splitlines()]


def faults(path: Path) -> list[str]:
    """Give what is wrong with one distribution."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            [name] = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
            said = metadata_faults(wheel.read(name).decode("utf-8"))
            return said + wheel_faults(wheel.namelist())
    with tarfile.open(path) as sdist:
        files = [m.name for m in sdist.getmembers() if m.isfile()]
        [name] = [n for n in files if n.count("/") == 1 and n.endswith("/PKG-INFO")]
        said = metadata_faults(sdist.extractfile(name).read().decode("utf-8"))
        return said + sdist_faults(files)


if __name__ == "__main__":
    found = [f"{path}: {fault}" for path in sys.argv[1:] for fault in faults(Path(path))]
    print("\n".join(found) or f"{len(sys.argv) - 1} distributions are as they should be")
    sys.exit(1 if found or len(sys.argv) < 2 else 0)
