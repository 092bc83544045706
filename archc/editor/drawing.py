"""Drawing specs in documentation: fences for MkDocs, a directive for Sphinx.

In `mkdocs.yml`, this puts a figure below a block headed `arch-stage`, `arch-block` or `arch-layer`:

    markdown_extensions:
      - pymdownx.superfences:
          custom_fences:
            - name: arch-block
              class: arch
              format: !!python/name:archc.editor.drawing.fence

In Sphinx's `conf.py`, `extensions = ["archc.editor.drawing"]` gives a directive whose option is the level:

    .. arch-figure::
       :level: block

       model tiny {
       …
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from archc.api import CompileError, Level, compile_text
from archc.editor.preview import LEVELS

_PREFIX = "arch-"


def drawn(text: str, level: Level = "block") -> str:
    """The figure of a spec as an image for HTML. Raises what `compile_text` raises."""
    model = compile_text(text)
    svg = b64encode(model.draw(level).to("svg")).decode()
    return f'<img alt="figure of {model.name}" src="data:image/svg+xml;base64,{svg}">'


def fence(source: str, language: str, css_class: str, options: Any, md: Any, **_: Any) -> str:
    """For `pymdownx.superfences`: the text in colour, and its figure. A spec with errors ends the build."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pymdownx.superfences import SuperFencesException

    from archc.editor.lexer import ArchLexer

    try:
        figure = drawn(source, LEVELS[language.removeprefix(_PREFIX)])
    except (CompileError, KeyError, ValueError) as error:
        raise SuperFencesException(str(error)) from error
    code = highlight(source, ArchLexer(), HtmlFormatter(cssclass=f"highlight {css_class}", wrapcode=True))
    return f"{code}<p>{figure}</p>"


def setup(app: Any) -> dict[str, bool]:
    """For Sphinx: the directive `arch-figure`."""
    from docutils import nodes
    from docutils.parsers.rst import directives
    from sphinx.util.docutils import SphinxDirective

    class ArchFigure(SphinxDirective):  # type: ignore[misc]  # Sphinx may not be installed
        """A spec, and its figure."""

        has_content = True
        option_spec = {"level": lambda given: directives.choice(given, tuple(LEVELS))}

        def run(self) -> list[nodes.Node]:
            text = "\n".join(self.content) + "\n"
            try:
                figure = drawn(text, LEVELS[self.options.get("level", "block")])
            except (CompileError, ValueError) as error:
                raise self.error(str(error)) from error
            return [nodes.literal_block(text, text, language="arch"), nodes.raw("", figure, format="html")]

    app.add_directive(f"{_PREFIX}figure", ArchFigure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
