"""Diagnostics as text for people, and as JSON, SARIF and GitHub annotations for tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, get_args

from archc.diagnostics.core import Diagnostic
from archc.diagnostics.render.screen import PIPE, Screen
from archc.diagnostics.source import Source

__all__ = ["FORMATS", "Format", "display", "places", "render", "screen", "text"]

Format: TypeAlias = Literal["text", "json", "sarif", "github"]
FORMATS: tuple[str, ...] = get_args(Format)


def render(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source], format: Format = "text", screen: Screen = PIPE
) -> str:
    """The diagnostics in one of the formats, each line ended; `screen` is what text is shown on.

    `sources` are the texts that spans are about, by name; of a missing one only the name is shown.
    """
    match format:
        case "text":
            from archc.diagnostics.render.text import render_text

            return render_text(diagnostics, sources, screen)
        case "json":
            from archc.diagnostics.render.json import render_json

            return render_json(diagnostics, sources)
        case "sarif":
            from archc.diagnostics.render.sarif import render_sarif

            return render_sarif(diagnostics, sources)
        case "github":
            from archc.diagnostics.render.github import render_github

            return render_github(diagnostics, sources)
