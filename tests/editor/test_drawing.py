"""Specs drawn in documentation by MkDocs and Sphinx, if these are installed."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path

import pytest

import archc
from archc.editor.drawing import drawn, fence

TINY = "model tiny {\n  input 3x8x8\n  conv: Conv(4) - ReLU - fc: FC(10)\n}\n"


def figure_in(html: str) -> bytes:
    return b64decode(html.partition("base64,")[2].partition('"')[0])


def test_the_figure_is_that_of_the_command() -> None:
    model = archc.compile_text(TINY)
    assert figure_in(drawn(TINY)) == model.draw().to("svg") != figure_in(drawn(TINY, "layer"))
    with pytest.raises(archc.CompileError):
        drawn(TINY.replace("Conv", "Conw"))


def test_a_fence_has_the_text_and_the_figure() -> None:
    pytest.importorskip("pymdownx", reason="there is no MkDocs: pip install 'archc[docs]'")
    import markdown
    from pymdownx.superfences import SuperFencesException

    fences = [{"name": f"arch-{level}", "class": "arch", "format": fence} for level in ("stage", "block", "layer")]
    made = markdown.Markdown(
        extensions=["pymdownx.superfences"], extension_configs={"pymdownx.superfences": {"custom_fences": fences}}
    )
    html = made.convert(f"```arch-layer\n{TINY}```\n")
    assert '<span class="nc">tiny</span>' in html
    assert re.search(r"<pre>(<span></span>)?<code>", html)  # the markup in which MkDocs makes long lines scroll
    assert figure_in(html) == archc.compile_text(TINY).draw("layer").to("svg")
    with pytest.raises(SuperFencesException, match="E0101"):
        made.convert(f"```arch-block\n{TINY.replace('Conv', 'Conw')}```\n")


def test_a_directive_has_the_text_and_the_figure(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="there is no Sphinx: pip install 'archc[docs]'")
    from sphinx.application import Sphinx

    (tmp_path / "conf.py").write_text('project = "x"\nextensions = ["archc.editor.drawing"]\n', encoding="utf-8")
    body = "".join(f"   {line}\n" for line in TINY.splitlines())
    (tmp_path / "index.rst").write_text(f"x\n=\n\n.. arch-figure::\n   :level: stage\n\n{body}", encoding="utf-8")
    out = tmp_path / "out"
    app = Sphinx(str(tmp_path), str(tmp_path), str(out), str(tmp_path / "trees"), "html", status=None)
    app.build()
    html = (out / "index.html").read_text(encoding="utf-8")
    assert figure_in(html[html.index("figure of tiny") :]) == archc.compile_text(TINY).draw("stage").to("svg")
