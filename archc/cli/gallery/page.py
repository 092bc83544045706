"""The gallery's index: one HTML file with everything in it, so that it can be sent by mail."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from archc import __version__
from archc.cli.gallery.entry import Entry
from archc.count.table import shape

THUMBNAILS = ("block.svg", "stage.svg")
"""The figures that may stand in the index, the best first."""
LARGEST_THUMBNAIL = 60_000
"""Bytes; a larger figure is left to its own file."""

_STYLE = """\
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --good: #1a7f37; --bad: #c62828; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --good: #4ac26b; --bad: #ff8a80; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; }
h2 { margin: 2.5rem 0 .5rem; padding-bottom: .2rem; border-bottom: 2px solid var(--line); }
h3 { margin: 1.8rem 0 .3rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th.n, td.n { text-align: right; }
tr:hover td { background: var(--soft); }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: .8rem; overflow-x: auto; border-radius: 6px; }
.good { color: var(--good); } .bad { color: var(--bad); }
.figure { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: .5rem; overflow: auto; }
.figure img { display: block; max-width: 100%; max-height: 26rem; margin: auto; }
.outline { overflow-wrap: anywhere; }
"""


def index(root: Path, entries: Sequence[Entry]) -> str:
    """The page of these entries, whose files are below `root`. Depends on nothing else."""
    families = [(name, list(group)) for name, group in groupby(entries, key=lambda e: e.family)]
    networks = sum(bool(e.params) for e in entries)
    proved = sum(e.proved is True for e in entries)
    failed = sum(e.failed for e in entries)
    word = "family" if len(families) == 1 else "families"
    summary = f"{networks} networks of {len(families)} {word}, {proved} proved equal to their reference"
    summary += f', <span class="bad">{failed} with errors</span>' if failed else ""
    body = "\n".join(part for name, group in families for part in _family(root, name, group))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>archc: the gallery</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>The gallery</h1>\n<p>{summary}. Compiled by archc {escape(__version__)}.</p>\n"
        f"{_table(entries)}\n{body}\n</body>\n</html>\n"
    )


def _table(entries: Sequence[Entry]) -> str:
    head = "".join(
        f'<th scope="col"{kind}>{title}</th>'
        for title, kind in (
            ("Network", ""), ("Family", ""), ("Input", ""), ("Parameters", ' class="n"'), ("MACs", ' class="n"'),
            ("Top-1, %", ' class="n"'), ("Like", ""), ("Proof", ""),
        )
    )  # fmt: skip
    rows = "\n".join(_row(entry) for entry in entries)
    return f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>'


def _row(entry: Entry) -> str:
    cells = (
        ("", f'<a href="#{_anchor(entry)}">{escape(entry.name)}</a>'),
        ("", escape(entry.family)),
        ("", escape(shape(entry.input))),
        ("n", f"{entry.params:,}" if entry.params else ""),
        ("n", f"{entry.macs:,}" if entry.macs else ""),
        ("n", "" if entry.top1 is None else escape(str(entry.top1))),
        ("", escape(entry.like or "")),
        ("", _verdict(entry)),
    )
    return (
        f"<tr>{''.join(f'<td class={kind!r}>{text}</td>' if kind else f'<td>{text}</td>' for kind, text in cells)}</tr>"
    )


def _verdict(entry: Entry) -> str:
    """The proof in a word."""
    if entry.errors:
        return '<span class="bad">errors</span>'
    if entry.proved is None:
        return escape(entry.proof) if entry.like else ""
    return '<span class="good">equal</span>' if entry.proved else '<span class="bad">differs</span>'


def _family(root: Path, name: str, entries: Sequence[Entry]) -> Iterator[str]:
    yield f"<h2>{escape(name)}</h2>"
    spec = _read(root / name / f"{name}.arch")
    if spec:
        yield f"<details><summary>The spec of the family</summary>\n<pre><code>{escape(spec)}</code></pre></details>"
    for entry in entries:
        yield _section(root, entry)


def _section(root: Path, entry: Entry) -> str:
    """All about one network."""
    title = f'<h3 id="{_anchor(entry)}">{escape(entry.name)}</h3>'
    said = "\n".join(entry.errors)
    errors = [f'<p class="bad">There are errors.</p>\n<pre>{escape(said)}</pre>'] if said else []
    if not entry.files:
        return "\n".join((title, *errors))
    facts = f"{entry.params:,} parameters, {entry.macs:,} MACs, {entry.flops:,} FLOPs; "
    facts += f"{escape(shape(entry.input))} &rarr; {escape(shape(entry.output))}"
    parts = [title, *errors, f"<p>{facts}</p>"]
    if entry.doc:
        parts.append(f"<p>{escape(entry.doc)}</p>")
    if entry.paper:
        parts.append(f"<p>{escape(entry.paper)}</p>")
    if entry.proof:
        parts.append(f"<p>{_verdict(entry)} {escape(entry.proof)}</p>")
    parts.append(f'<p class="outline"><code>{escape(entry.outline)}</code></p>')
    parts += _figure(root, entry)
    links = (f'<a href="{escape(entry.folder)}/{escape(name)}">{escape(name)}</a>' for name in entry.files)
    parts.append(f"<p>{' · '.join(links)}</p>")
    source = _read(root / entry.folder / f"{entry.name}.py")
    parts.append(f"<details><summary>PyTorch source</summary>\n<pre><code>{escape(source)}</code></pre></details>")
    return "\n".join(parts)


def _figure(root: Path, entry: Entry) -> Iterator[str]:
    """The best figure that is small enough, inlined."""
    for name in THUMBNAILS:
        file = root / entry.folder / name
        if name in entry.files and file.stat().st_size <= LARGEST_THUMBNAIL:
            data = base64.b64encode(file.read_bytes()).decode()
            alt = escape(f"{entry.name}: {entry.outline}", quote=True)
            image = f'<img alt="{alt}" loading="lazy" src="data:image/svg+xml;base64,{data}">'
            yield f'<div class="figure"><a href="{escape(entry.folder)}/{name}">{image}</a></div>'
            return


def _anchor(entry: Entry) -> str:
    return escape(f"{entry.family}-{entry.name}", quote=True)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""
