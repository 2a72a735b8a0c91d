"""The report: one self-contained HTML page, a file a chapter."""
