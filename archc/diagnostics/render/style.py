"""Colours of diagnostics on a terminal."""

from __future__ import annotations

from archc.diagnostics.core import Severity
from archc.support.record import Record

_RESET = "\x1b[0m"
_BOLD, _BLUE = "1", "1;34"
_SEVERITIES = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}


class Style(Record):
    """How the parts of a diagnostic are set off: ANSI codes, or nothing."""

    severity_code: str = ""
    strong_code: str = ""
    frame_code: str = ""

    def severity(self, text: str) -> str:
        """The kind of problem, and what is underlined at its primary place."""
        return _in(self.severity_code, text)

    def strong(self, text: str) -> str:
        """The message."""
        return _in(self.strong_code, text)

    def frame(self, text: str) -> str:
        """Line numbers, rules and second places."""
        return _in(self.frame_code, text)


def _in(code: str, text: str) -> str:
    return f"\x1b[{code}m{text}{_RESET}" if code and text else text


PLAIN = Style()


def coloured(severity: Severity) -> Style:
    """The style for a problem of this severity."""
    return Style(_SEVERITIES[severity], _BOLD, _BLUE)
