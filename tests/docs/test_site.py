"""The site: built strictly, where MkDocs is installed (`make docs`)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
needed = pytest.mark.skipif(find_spec("mkdocs") is None, reason="there is no MkDocs: pip install 'archc[docs]'")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site; any warning of MkDocs, such as a broken link, fails."""
    out = tmp_path_factory.mktemp("site")
    run = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(out)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return out


@needed
def test_every_page_is_there_and_found(site: Path) -> None:
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")}
    assert {page for page in pages if not (site / page / "index.html").exists()} == set()
    found = {entry["location"] for entry in json.loads((site / "search" / "search_index.json").read_text())["docs"]}
    assert {f"{page}/" for page in pages} | {"errors/E0101/"} <= found


@needed
def test_the_reference_has_what_the_package_gives(site: Path) -> None:
    page = (site / "reference" / "index.html").read_text(encoding="utf-8")
    assert {
        name
        for name in ("load", "compile_text", "check", "Model.draw", "import_module", "diff")
        if f'id="archc.api.{name}"' not in page
    } == set()


@needed
def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("index.html"):
        loads = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?:[^"]+)"', page.read_text(encoding="utf-8"))
        assert loads == [], page


def test_what_is_put_beside_the_pages_has_a_place_of_its_own() -> None:
    """The gallery and the playground overwrite no page, and the first page links to them."""
    put = set(re.findall(r"build/site/(\w+)", (ROOT / "Makefile").read_text(encoding="utf-8")))
    linked = set(re.findall(r'href="(\w+)/"', (ROOT / "docs" / "site.py").read_text(encoding="utf-8")))
    assert len(put) == 2 and put <= linked
    assert not put & {page.stem for page in (ROOT / "docs").iterdir()}
