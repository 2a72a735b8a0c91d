"""Reading of the house's own texts: C without comments, imports, folders."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CSRC = ROOT / "csrc"
SEGPY = ROOT / "segpy"
_COMMENT_OR_STRING = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S
)
# At brace depth 0: a declarator's name, its arguments, then a body or the end of a prototype.
_FUNCTION = re.compile(r"([A-Za-z_]\w*)\s*\(((?:[^()]|\([^()]*\))*)\)\s*(\{|;)")


def name_of(path: Path) -> str:
    """Give a path as a message shows it."""
    return path.relative_to(ROOT).as_posix()


def c_texts(*kinds: str) -> list[Path]:
    """Give the C files of the house, `.c` and `.h` or the kinds asked for."""
    return sorted(p for kind in kinds or ("c", "h") for p in CSRC.glob(f"*/*.{kind}"))


def includes(path: Path) -> list[str]:
    """Give what a C file includes, with its quotes or angles."""
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]*([<"][^>"]+[>"])', path.read_text("utf-8"), re.M)


def bare(text: str) -> str:
    """Blank comments, literals and preprocessor lines; every line keeps its place."""

    def blank(match: re.Match[str]) -> str:
        kept = '""' if match[0].startswith('"') else " "
        return kept + "\n" * match[0].count("\n")

    text = _COMMENT_OR_STRING.sub(blank, text)
    return re.sub(
        r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m[0].count("\n"), text, flags=re.M
    )


def functions(text: str) -> Iterator[tuple[str, int, str]]:
    """Give (name, line, body) of every function of a C text; the body of a prototype is ''."""
    text = bare(text)
    at = 0
    while match := _FUNCTION.search(text, at):
        before = text[at : match.start()]
        if before.count("{") != before.count("}"):  # inside a struct, an enum or an initialiser
            at = _end_of_block(text, text.index("{", at))
            continue
        line = text.count("\n", 0, match.start(1)) + 1
        head = re.split(r"[;}]", before)[-1]
        at = _end_of_block(text, match.end() - 1) if match[3] == "{" else match.end()
        if "typedef" not in head and "=" not in head and head.strip():
            yield match[1], line, text[match.end() - 1 : at] if match[3] == "{" else ""


def _end_of_block(text: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)


def python_texts() -> list[Path]:
    """Give the Python files of the package."""
    return sorted(SEGPY.rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Give every module a Python file imports, at any depth, and the line."""
    package = ".".join(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            for alias in node.names:
                yield f"{module}.{alias.name}" if module == "segpy" else module, node.lineno
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("import_module")
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value), node.lineno


def folders() -> list[str]:
    """Give every folder of the house that holds a file, as `csrc/base/`, but what is made."""
    made = {"__pycache__", "build", "dist", "node_modules"}
    found = []
    for here, below, files in os.walk(ROOT):
        below[:] = [
            b
            for b in below
            if b not in made and not b.endswith(".egg-info") and (b == ".ci" or b[0] != ".")
        ]
        relative = Path(here).relative_to(ROOT).as_posix()
        if files and relative != ".":
            found.append(relative + "/")
    return sorted(found)
