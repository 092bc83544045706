"""Figures laid out by an installed Graphviz, which the `graphviz` package finds and runs."""

from __future__ import annotations

from archc.cli.specs import fail

FORMATS = ("svg", "png", "pdf")


def laid_out(source: bytes, format: str) -> bytes:
    """A DOT document laid out by Graphviz. Without Graphviz, an error says what to do."""
    import graphviz

    if format not in FORMATS:
        fail(f"--engine dot draws .{', .'.join(FORMATS)}; .{format} is archc's own")
    try:
        drawn: bytes = graphviz.Source(source.decode()).pipe(format=format)
        return drawn
    except graphviz.ExecutableNotFound:
        fail("Graphviz is not on the PATH: install it (graphviz.org), or omit --engine dot")
    except graphviz.CalledProcessError as error:
        fail(f"Graphviz could not draw it: {str(error).splitlines()[-1]}")
