"""Pictures: one function a subject, a table and an Axes in, the Axes out."""
