"""Writes the tables of rules in docs/counting.md from the conventions: `python -m docs.counting`."""

from __future__ import annotations

from pathlib import Path

from archc.count.conventions import Convention, convention, names

PAGE = Path(__file__).with_name("counting.md")
BEGIN = "<!-- the tables of rules: python -m docs.counting -->\n"
END = "<!-- the end of the tables of rules -->\n"


def rules() -> str:
    """A section for each tool."""
    return "\n".join(_section(convention(name)) for name in names())


def _section(one: Convention) -> str:
    lines = [f"### {one.name} {one.version}", "", f"`{one.how}`", "", one.why, ""]
    for table in one.tables:
        lines += [f"| {table.unit} | rule |", "|---|---|"]
        lines += [f"| `{name}` | `{rule}` |" for name, rule in {**table.modules, **table.functions}.items()]
        lines.append("")
    return "\n".join(lines)


def page() -> str:
    """The page with current tables."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{rules()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
