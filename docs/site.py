"""Hooks of MkDocs for this documentation: `make docs` (mkdocs.yml).

The first page is the README, the API reference is made from docstrings, and the shipped specs are pages. A block headed
`arch NAME.arch` gets the file's name as its title.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = """# Python

::: archc.api

## Counts

::: archc.count.counts

## Settings of a training

::: archc.training.settings
"""
BESIDE = {
    "CHANGELOG.md": "changelog.md", "CITATION.cff": "citation.cff", "CONTRIBUTING.md": "contribute.md",
    "LICENSE": "license.txt", "SECURITY.md": "security.md", "archc/targets/figure/fonts/OFL-Arimo.txt": "OFL-Arimo.txt",
    "archc/targets/figure/fonts/OFL-Hangul.txt": "OFL-Hangul.txt",
}  # fmt: skip
"""Files of the repository that pages link to, and what they are called in the site."""
_HEADED = re.compile(r"^```(arch|python) ([\w.]+\.\w+)$", re.MULTILINE)


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages, and the specs."""
    made = {"index.md": first_page(), "reference.md": REFERENCE}
    made |= {name: text_of(file) for file, name in BESIDE.items()}
    for spec in sorted((ROOT / "specs").glob("*.arch")):
        made[f"specs/{spec.name}"] = spec.read_text(encoding="utf-8")
    for name, text in made.items():
        files.append(File.generated(config, name, content=within(text)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Give blocks titles."""
    return _HEADED.sub(r'```\1 title="\2"', within(markdown))


def first_page() -> str:
    """The README as a page, with the two entries that only the site has."""
    text = text_of("README.md")
    head, line, rest = text.partition("\n\n")
    more = '<p><a href="play/">Playground</a> · <a href="networks/">gallery</a> · <a href="reference/">Python</a></p>'
    return f"{head}{line}{more}\n\n{rest}"


def within(text: str) -> str:
    """A text of the repository, with its links adapted to the site."""
    text = re.sub(r"\]\((?:\.\./)?docs/", "](", text).replace("](../specs/", "](specs/")
    text = re.sub(r"\[([^\]]*)\]\((?:\.\./)?examples/?\)", r"\1", text)  # notebooks are not pages
    for file, name in BESIDE.items():
        text = text.replace(f"]({file})", f"]({name})").replace(f"](../{file})", f"]({name})")
    return text


def text_of(name: str) -> str:
    """The text of a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")
