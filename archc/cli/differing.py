"""Diffs of one or several pairs of networks, as values and in each format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archc.support.record import Record

if TYPE_CHECKING:
    from archc.diffing import Script
    from archc.diffing.members import AlikeScripts
    from archc.ir.network import Network
    from archc.targets.figure import Level


class ComparedPair(Record):
    """Two networks, and the script from one to the other."""

    before: Network
    after: Network
    script: Script


class Compared(Record):
    """The comparison of two sides: pairs of networks, and the names that only one side has."""

    diffs: tuple[ComparedPair, ...]
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether there is no difference."""
        return not (self.gone or self.new) and all(pair.script.equal for pair in self.diffs)

    def told(self) -> tuple[ComparedPair, ...]:
        """The pairs to report: those that differ, or the only one."""
        return self.diffs if len(self.diffs) == 1 else tuple(p for p in self.diffs if not p.script.equal)

    def alike(self) -> list[AlikeScripts]:
        """The scripts to report, one for all members with the same changes."""
        from archc.diffing.members import alike

        return alike([(pair.after.name, pair.script) for pair in self.told()])


def compared(before: Mapping[str, Network], after: Mapping[str, Network], sides: tuple[str, str]) -> Compared:
    """Compare the networks of two sides: their only ones, or those with the same name."""
    from archc.diffing import diff

    if len(before) == len(after) == 1:
        (old,), (new,) = before.values(), after.values()
        called = (old.name, new.name) if old.name != new.name else sides
        return Compared((ComparedPair(old, new, diff(old, new, called)),))
    both = [name for name in before if name in after]
    pairs = tuple(ComparedPair(before[n], after[n], diff(before[n], after[n], _called(n, sides))) for n in both)
    gone = tuple(name for name in before if name not in after)
    return Compared(pairs, gone, tuple(name for name in after if name not in before))


def _called(name: str, sides: tuple[str, str]) -> tuple[str, str]:
    one, other = (side if side.endswith(f":{name}") or side == name else f"{side}:{name}" for side in sides)
    return one, other


def written(found: Compared, form: str, level: Level, every: bool) -> str:
    """The diffs in a format."""
    match form:
        case "json":
            return as_json(found)
        case "markdown":
            from archc.diffing.markdown import alike_as_markdown

            return "\n".join([alike_as_markdown(group, every) for group in found.alike()] + _apart(found, "`{}` {}\n"))
        case "svg":
            from archc.diffing.picture import picture

            (pair,) = found.diffs
            return picture(pair.before, pair.after, level, "svg").decode()
        case "html":
            from archc.diffing.page import as_html

            pairs = [(pair.script, pair.before, pair.after) for pair in found.told()]
            return as_html(pairs, _apart(found, "{} {}"), level)
        case _:
            from archc.diffing.text import alike_as_text

            return "\n".join([alike_as_text(group, every) for group in found.alike()] + _apart(found, "{} {}\n"))


def _apart(found: Compared, line: str) -> list[str]:
    """Lines about the networks that only one side has, and the number of equal pairs."""
    lines = [line.format(name, "removed") for name in found.gone] + [line.format(name, "added") for name in found.new]
    equal = len(found.diffs) - len(found.told())
    return [*lines, f"{equal} {'network' if equal == 1 else 'networks'} equal\n"] if equal else lines


def as_json(found: Compared) -> str:
    """The diffs as JSON."""
    value = {
        "equal": found.equal,
        "networks": [{"equal": pair.script.equal, **_plain(pair.script)} for pair in found.diffs],
        "removed": list(found.gone),
        "added": list(found.new),
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _plain(value: object) -> Any:
    """Records as objects, tuples as arrays."""
    if isinstance(value, Record):
        return {name: _plain(getattr(value, name)) for name in value.model_fields}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
