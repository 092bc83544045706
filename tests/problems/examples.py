"""The examples of the catalogue, checked as a file called `example.arch`."""

from __future__ import annotations

from functools import partial

from archc.diagnostics import Problem
from archc.pipeline import Checked, Options, check
from archc.source import Source
from tests.support import specs

NAME = "example.arch"


def _load(text: str, path: str, importer: Source) -> Source | Problem:
    return Source(NAME, text) if path == NAME else specs.load(path, importer)


def checked(kind: type[Problem], text: str) -> Checked:
    """What checking an example of `kind` comes to; a warning that is given on request is asked for."""
    options = Options(warn=frozenset({kind.code}) if kind.on_request else frozenset())
    return check(Source(NAME, text), partial(_load, text), None, options)
