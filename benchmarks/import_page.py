"""The tables of docs/import.md, from the rows of docs/import.csv."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import TypeAlias

Rows: TypeAlias = Mapping[str, Mapping[str, str]]
MARKS = ("table", "families", "timm")
UNPROVED = "recorded"
"""The outcome of networks that are counted, but not proved yet."""


def write_page(file: Path, rows: Rows) -> None:
    """Replace the tables between their marks in the page."""
    text = file.read_text(encoding="utf-8")
    alone = {n: r for n, r in rows.items() if "+" not in n}
    made = {
        "table": table({n: r for n, r in alone.items() if n.startswith("torchvision:")}),
        "families": family_table({n: r for n, r in rows.items() if "+" in n}),
        "timm": timm_table({n: r for n, r in alone.items() if n.startswith("timm:")}),
    }
    for mark in MARKS:
        start, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n{made[mark]}{end}{rest.partition(end)[2]}"
    file.write_text(text, encoding="utf-8")


def beside(rows: Rows, texts: Callable[[str], tuple[str, str]]) -> str:
    """A page with the texts of the three best and the three worst families, imported and handwritten."""
    known = [name for name, r in rows.items() if "+" in name and r["tokens"] and r["gold"]]
    order = sorted(known, key=lambda name: int(rows[name]["tokens"]) / int(rows[name]["gold"]))
    lines = [
        "# Imports beside specs by hand",
        "",
        "The families whose import is the shortest beside the spec written by hand, and the longest, as [the table of"
        " imports](import.md#families) has them. Of each family the member that needs the most tokens, with all that it"
        " uses. `make import-beside` writes this page.",
    ]
    for title, some in (("The three best", order[:3]), ("The three worst", order[:-4:-1])):
        lines += ["", f"## {title}"]
        for name in some:
            r = rows[name]
            ours, gold = (f"<td><pre>{_without_blanks(escape(text))}</pre></td>" for text in texts(name))
            members = ", ".join(n.partition(":")[2] for n in name.split("+"))
            ratio = int(r["tokens"]) / int(r["gold"])
            lines += ["", f"### {members}", "", f"{r['tokens']} tokens and {r['gold']}, {ratio:.2f}.", ""]
            lines += ["<table><tr><th>imported</th><th>by hand</th></tr>", f"<tr>{ours}{gold}</tr></table>"]
    return "\n".join(lines) + "\n"


def _without_blanks(text: str) -> str:
    """A text with a space in each empty line, which would otherwise end the HTML."""
    return text.replace("\n\n", "\n&#32;\n")


def table(rows: Rows) -> str:
    """The networks of torchvision in Markdown, followed by the number of proved ones."""
    lines = [
        "| network | | compiled, imported again | tokens | by hand | ratio | blocks | `if`s | import | torch |",
        "|---|---|---|---:|---:|---:|---|---|---:|---:|",
    ]
    for name in sorted(rows):
        r = rows[name]
        cells = [name.partition(":")[2], _told(r), r["again"], *_sizes(r)]
        lines.append(f"| {' | '.join(cells)} | {_seconds(r['seconds'])} | {_seconds(r['torch_seconds'])} |")
    return "\n".join(lines) + f"\n\n{_proved(rows)}\n"


def family_table(rows: Rows) -> str:
    """The families in Markdown, each by its member with the most tokens, compared with the handwritten spec."""
    lines = [
        "| family | | models | tokens | by hand | ratio | blocks | `if`s | guards by hand that it has |",
        "|---|---|---:|---:|---:|---:|---|---|---|",
    ]
    for name in sorted(rows):
        r = rows[name]
        members = ", ".join(n.partition(":")[2] for n in name.split("+"))
        models = r["why"] if r["outcome"] in ("proved", UNPROVED) else ""
        outcome = _told({**r, "why": "" if models else r["why"]})
        lines.append(f"| {' | '.join([members, outcome, models, *_sizes(r), r['guards']])} |")
    return "\n".join(lines) + f"\n\n{_proved(rows)}\n"


def timm_table(rows: Rows) -> str:
    """Timm's networks in Markdown."""
    lines = ["| network | | compiled, imported again | tokens | blocks |", "|---|---|---|---:|---:|"]
    for name in sorted(rows):
        r = rows[name]
        lines.append(f"| {name.partition(':')[2]} | {_told(r)} | {r['again']} | {r['tokens']} | {r['blocks']} |")
    return "\n".join(lines) + f"\n\n{_proved(rows)}\n"


def _proved(rows: Rows) -> str:
    """The number of proved networks, by the state of archc."""
    proved, recorded = (sum(r["outcome"] == o for r in rows.values()) for o in ("proved", UNPROVED))
    states = Counter(r["state"] or "earlier ones" for r in rows.values() if r["outcome"] == "proved")
    by = ", ".join(f"{count} by {name}" for name, count in states.most_common())
    equal = Counter(r["again_state"] or "earlier ones" for r in rows.values() if r["again"] == "equal")
    back = ", ".join(f"{count} by {name}" for name, count in equal.most_common())
    more = f"; {sum(equal.values())} equal when imported again ({back})" if equal else ""
    return f"{proved} of {len(rows)} proved{f', {recorded} recorded' if recorded else ''} (state of archc: {by}){more}."


def _seconds(text: str) -> str:
    return f"{text} s" if text else ""


def _told(row: Mapping[str, str]) -> str:
    """The outcome, with its reason."""
    if row["outcome"] == "proved":
        return f"proved, {row['why']} for each use" if row["why"] else "proved"
    if row["outcome"] == UNPROVED:
        return UNPROVED
    return f"{row['outcome']}: {row['why']}".replace("|", "\\|")


def _sizes(r: Mapping[str, str]) -> list[str]:
    ratio = f"{int(r['tokens']) / int(r['gold']):.2f}" if r["gold"] and r["tokens"] else ""
    both = [f"{r[k]} / {r[f'gold_{k}']}" if r[f"gold_{k}"] else r[k] for k in ("blocks", "ifs")]
    return [r["tokens"], r["gold"], ratio, *both]
