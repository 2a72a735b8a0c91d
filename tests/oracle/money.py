"""Exact money in plain fractions."""

from fractions import Fraction


def quantum(amount: float) -> Fraction:
    """Round an amount to the nearest multiple of 2^-52, ties to even."""
    return Fraction(round(Fraction(amount) * 2**52), 2**52)


def total(amounts) -> float:
    """Sum amounts, each rounded once, the sum rounded once."""
    return float(sum((quantum(float(a)) for a in amounts), Fraction(0)))
