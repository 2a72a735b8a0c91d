"""Order lines: reading and cleaning."""
