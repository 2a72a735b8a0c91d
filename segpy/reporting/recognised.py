"""What reading took a file for, in the words of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from segpy.reporting import words

if TYPE_CHECKING:
    import pandas as pd


def told(lines: pd.DataFrame, roles: Sequence[str]) -> str:
    """Say which header, or which rule, was taken for which column, and how the file was read."""
    schema: dict[str, Any] = lines.attrs.get("schema", {})
    derived: dict[str, str] = schema.get("derived", {})
    taken = {role: schema.get(role) or derived.get(role) for role in roles}
    text = ", ".join(f"{role} = {header}" for role, header in taken.items() if header)
    source = f"recognised as {schema['source']}" if schema.get("source") else "recognised"
    how = [schema.get("encoding")]
    if "sheet" in schema:
        how.append(f"sheet {schema['sheet']!r}")
    if schema.get("delimiter"):
        sign = str(schema["delimiter"])
        how.append(f"separator {sign!r}" if len(sign) == 1 else f"separated by {sign}")
    dayfirst = schema.get("dates", {}).get("dayfirst")
    if dayfirst is not None:
        how.append("day before month" if dayfirst else "month before day")
    told = ", ".join(str(part) for part in how if part)
    return f"{source}: {text}" + (f" ({told})" if told else "")


def doubts(lines: pd.DataFrame) -> list[str]:
    """Say what was taken to be so and may be otherwise, and which option then helps."""
    schema: dict[str, Any] = lines.attrs.get("schema", {})
    found = []
    if schema.get("encoding_guessed"):
        found.append(
            f"  the file is not UTF-8 and was read as {schema['encoding']}: if names look wrong, "
            "pass --encoding, e.g. cp1250 (Central Europe) or shift_jis (Japan)"
        )
    if schema.get("decimal_by") == "separator":
        mark = "comma" if schema["decimal"] == "," else "point"
        found.append(
            f"  numbers such as 1.234 read both ways; beside this separator the {mark} was taken "
            "as the decimal mark: if that is wrong, pass --decimal"
        )
    guests = schema.get("guests")
    if guests:
        where = f"their {guests['column']}" if guests["column"] else "nothing: they are missing"
        rows = words.plural(guests["rows"], "line")
        found.append(f"  {rows} of guests, told apart by {where}")
    return found
