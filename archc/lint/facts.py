"""Facts of variants that have no effect."""

from __future__ import annotations

import re
from collections.abc import Collection

from archc.diagnostics.core import Edit, Reporter
from archc.diagnostics.problems.facts import WrongLength
from archc.diagnostics.problems.warnings.facts import UnknownLike, UnlikelyScale
from archc.ir.network import Network
from archc.syntax import tree

_REFERENCE = re.compile(r"(torchvision|timm):\w[\w.]*")


def lengths(file: tree.File, networks: Collection[Network], reporter: Reporter) -> None:
    """Report each `mean` and `std` that does not have one number for each channel of the input."""
    named = {network.name: network for network in networks}
    for declaration in file.declarations:
        if not isinstance(declaration, tree.Variant) or (network := named.get(declaration.name.name)) is None:
            continue
        if len(network.inputs) > 1:
            continue  # they may describe any of the inputs
        channels = network.type_of(network.inputs[0]).channels
        for fact in network.facts:
            if fact.name not in ("mean", "std") or fact.span.file != file.span.file:
                continue
            if not isinstance(fact.value, tuple | int | float):
                continue  # not numbers: reported when the fact is read
            items = len(fact.value) if isinstance(fact.value, tuple) else 1
            if items != channels:
                number = fact.value[0] if isinstance(fact.value, tuple) and items == 1 else fact.value
                same = f"[{', '.join([str(number)] * channels)}]" if items == 1 else ""
                problem = WrongLength(name=fact.name, items=items, channels=channels, instead=same)
                written = [
                    m.value.span for m in declaration.members if isinstance(m, tree.Fact) and m.span == fact.span
                ]
                reporter.add(problem, fact.span, edits=tuple(Edit(span, same) for span in written if same))


def scales(file: tree.File, networks: Collection[Network], reporter: Reporter) -> None:
    """Report each `mean` and `std` of `file` on the scale 0 to 255, and each `std` that is 0."""
    facts = {fact.span: fact for network in networks for fact in network.facts if fact.name in ("mean", "std")}
    for fact in facts.values():
        numbers = fact.value if isinstance(fact.value, tuple) else (fact.value,)
        found = [float(n) for n in numbers if isinstance(n, int | float) and not isinstance(n, bool)]
        odd = [n for n in found if n > 2 or (fact.name == "std" and n == 0)]
        if not odd or fact.span.file != file.span.file:
            continue
        parts = ", ".join(f"{n / 255:.3g}" for n in found)
        problem = UnlikelyScale(name=fact.name, number=odd[0], instead=f"[{parts}]" if odd[0] else "")
        reporter.add(problem, fact.span)


def unknown_references(file: tree.File, reporter: Reporter) -> None:
    """Report each `like` that names no kind of reference. `archc verify` determines whether the reference exists."""
    for declaration in file.declarations:
        if not isinstance(declaration, tree.Variant):
            continue
        for member in declaration.members:
            if isinstance(member, tree.Fact) and member.name.name == "like" and isinstance(member.value, tree.Literal_):
                like = str(member.value.value)
                if not _REFERENCE.fullmatch(like):
                    reporter.add(UnknownLike(like=like), member.value.span)
