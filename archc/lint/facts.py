"""Facts of variants that say nothing."""

from __future__ import annotations

import re

from archc.diagnostics import Reporter
from archc.problems.warnings import UnknownLike
from archc.syntax import tree

_REFERENCE = re.compile(r"(torchvision|timm):\w[\w.]*|.+\.py:[A-Za-z_]\w*")


def unknown_references(file: tree.File, reporter: Reporter) -> None:
    """Report each `like` that names no kind of reference. Whether there is one of the name, `archc verify` knows."""
    for declaration in file.declarations:
        if not isinstance(declaration, tree.Variant):
            continue
        for member in declaration.members:
            if isinstance(member, tree.Fact) and member.name.name == "like" and isinstance(member.value, tree.Literal_):
                like = str(member.value.value)
                if not _REFERENCE.fullmatch(like):
                    reporter.add(UnknownLike(like=like), member.value.span)
