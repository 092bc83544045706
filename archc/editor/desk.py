"""The worker of the playground: one text, queried in JSON. Like the server, a thin shell around the features.

Offsets are those of JavaScript strings, in UTF-16 code units.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from archc.analysis.exercise import Question, questions, same_number, same_shape
from archc.diagnostics.core import Edit
from archc.diagnostics.source import Source, Span
from archc.editor.calls import signature
from archc.editor.completion import completions
from archc.editor.data import NotPossible
from archc.editor.fixes import fixes
from archc.editor.garbage import tidy
from archc.editor.hover import hover
from archc.editor.listing import coloured
from archc.editor.marks import counted, hints, lenses
from archc.editor.names import definition
from archc.editor.preview import LEVELS, code, preview
from archc.editor.problems import problems
from archc.editor.style import format_edits
from archc.editor.view import Shown, View
from archc.editor.workspace import Workspace
from archc.showing import counts_table
from archc.support.resources import error_pages
from archc.zoo import SpecError, families, find

Json = dict[str, Any]
_SHAPE = re.compile(r"[1-9]\d{0,5}(x[1-9]\d{0,5})*")
_MEANT = frozenset({"class", "type", "function", "macro", "parameter", "variable", "property"})
"""The kinds of tokens coloured by meaning; the page colours the rest by their form."""


class Desk:
    """The text being edited."""

    def __init__(self) -> None:
        self._texts = Workspace()
        self._name = ""
        self._focus: str | None = None
        self._view: View | None = None
        self._answers: dict[str, Callable[..., object]] = {
            "put": self.put, "check": self.check, "step": self.step, "state": self.state, "hover": self.hover,
            "complete": self.complete, "signature": self.signature, "fixes": self.fixes, "look": self.look,
            "definition": self.definition, "format": self.format, "questions": self.questions, "mark": self.mark,
            "families": self.families, "spec": self.spec, "page": self.page, "tidy": tidy,
        }  # fmt: skip

    def ask(self, asked: str) -> str:
        """Answer `{"what": …, …}` with `{"answer": …}`, or `{"refused": …}` if that is impossible."""
        wanted = json.loads(asked)
        try:
            return json.dumps({"answer": self._answers[wanted.pop("what")](**wanted)}, ensure_ascii=False)
        except (NotPossible, SpecError) as error:
            return json.dumps({"refused": str(error)}, ensure_ascii=False)

    # -- the text ---------------------------------------------------------------------------------------------------

    def put(self, name: str, words: str, cursor: int, input: str = "") -> Json:
        """Open a text and return what is known of it at once; `check` checks the member at the cursor.

        `input` is the shape of the input of a bare chain, `1x32x32`; None for the default.
        """
        if name != self._name:
            self._texts = Workspace(kept=self._texts.kept)
        self._name = name
        self._texts.input = tuple(map(int, input.split("x"))) if _SHAPE.fullmatch(input) else None
        self._texts.put(name, words)
        view = self._current()
        self._focus = view.focus = view.member_at(self._inside(cursor))
        return self.state()

    def check(self) -> Json:
        """Check the current member; `step` checks the others."""
        self._checked(self._current().focus)
        return self.state()

    def step(self) -> bool:
        """Check one more member or, after the last, the file as a whole; returns whether there is more to do."""
        view = self._current()
        analysis, waiting = view.analysis, tuple(view.analysis.waiting())
        if waiting:
            self._checked(view.focus if view.focus in waiting else waiting[0])
            return True
        if analysis.weighed is None:
            analysis.weighed = analysis.weigh()
            self._texts.keep(analysis)
        return False

    def state(self) -> Json:
        """The marks in the text and the problems under it, as far as they are known."""
        view = self._current()
        told = problems(view, self._texts.earlier(self._name))
        members = []
        for member in view.analysis.members:
            declaration = view.analysis.module.members[member] if member is not None else None
            span = view.outside(declaration.name.span) if declaration is not None else None
            members.append({"name": member or "", "at": self._outside(span.start) if span is not None else 0})
        return {
            "problems": [
                {
                    **self._place(one.span), "severity": one.severity.name.lower(), "code": one.code,
                    "message": one.message, "unused": one.unused,
                    "related": [{**self._place(s), "text": t} for s, t in one.related if s.file == self._name],
                }
                for one in told
            ],
            "members": members, "waits": view.focus in view.analysis.waiting(),
            "hints": [{"at": self._outside(one.offset), "text": one.text, "tip": one.tip} for one in hints(view)],
            "lenses": [{**self._place(one.span), "text": one.text} for one in lenses(view, commands=False)],
            "colours": [
                [self._outside(one.span.start), self._outside(one.span.end), one.kind]
                for one in coloured(view) if one.kind in _MEANT
            ],
        }  # fmt: skip

    # -- a place ----------------------------------------------------------------------------------------------------

    def hover(self, at: int) -> Json | None:
        """The hover text of a place, in Markdown."""
        found = hover(self._current(), self._inside(at))
        return {**self._place(found.span), "text": found.text} if found is not None else None

    def complete(self, at: int) -> list[Json]:
        """The completions at a place."""
        found = completions(self._texts, self._current(), self._inside(at))
        return [
            {
                **self._place(one.span), "label": one.label, "kind": one.kind, "text": one.text, "detail": one.detail,
                "doc": one.doc, "snippet": one.snippet, "order": one.order,
            }
            for one in found
        ]  # fmt: skip

    def signature(self, at: int) -> Json | None:
        """The call that is being typed at a place."""
        found = signature(self._current(), self._inside(at))
        return {"text": found.text, "parameters": found.parameters, "active": found.active} if found else None

    def definition(self, at: int) -> Json | None:
        """The definition of the name at a place, if it is in this text."""
        span = definition(self._current(), self._inside(at))
        return self._place(span) if span is not None and span.file == self._name else None

    def fixes(self, search: bool) -> list[Json]:
        """The quick fixes of all problems; with `search`, small changes are tried, which takes a while."""
        view = self._current()
        return [
            {**self._place(one.span), "code": one.code, "title": one.title, "sure": one.sure,
             "edits": self._edits(one.edits)}
            for one in fixes(self._texts, view, 0, len(view.source.text), search=search)
        ]  # fmt: skip

    def format(self) -> list[Json]:
        """The edits that format the text."""
        try:
            return self._edits(format_edits(self._current().source))
        except ValueError as error:
            raise NotPossible(str(error)) from None

    # -- the network ------------------------------------------------------------------------------------------------

    def look(self, at: int, tab: str, level: str = "block") -> Json:
        """The network seen from a place: its counts in a line, and its `figure`, `counts` or `code`."""
        view, offset = self._current(), self._inside(at)
        member = view.member_at(offset)
        self._focus = view.focus = member
        self._checked(member)
        shown = view.shown(member)
        if shown is None:
            return {"member": member or "", "counts": "", "partial": True}
        network = shown.network
        seen: Json = {"member": network.name, "counts": _counted(shown), "partial": network.partial}
        if tab == "figure" and (found := preview(view, offset, LEVELS[level])) is not None:
            places = {path: self._place(span) for path, span in found.places.items() if span.file == self._name}
            seen |= {"svg": found.svg, "places": places, "at": found.at}
        elif tab == "counts" and shown.result.counted is not None:
            seen["table"] = counts_table(shown.result.counted)
        elif tab == "code" and not network.partial:
            seen["code"] = code(view, shown)
        return seen

    def questions(self, at: int) -> list[Json]:
        """A quiz about the network seen from a place; without the answers."""
        return [
            {"number": q.number, "path": q.path, "layer": q.layer, "reads": q.reads, "alike": q.alike}
            for q in self._asked(at)
        ]

    def mark(self, at: int, number: int, output: str, params: str) -> Json:
        """Grade the answers to a question, and show how its parameters are counted."""
        question = self._asked(at)[number - 1]
        return {
            "output": same_shape(output, question.output), "params": same_number(params, question.params),
            "right": {"output": question.output, "params": f"{question.params:,}", "how": question.how},
        }  # fmt: skip

    def _asked(self, at: int) -> tuple[Question, ...]:
        view = self._current()
        shown = view.shown(view.member_at(self._inside(at)))
        if shown is None or shown.network.partial:
            raise NotPossible("there are errors in the network")
        return questions(shown.network)

    # -- what is shipped --------------------------------------------------------------------------------------------

    def families(self) -> list[Json]:
        """The shipped specs."""
        return [{"name": name, "title": find(name).source.text.split('"""')[1].strip()} for name in families()]

    def spec(self, name: str) -> str:
        """The text of a shipped spec."""
        return find(name).source.text

    def page(self, code: str) -> str:
        """The page of a problem, in Markdown."""
        return error_pages().joinpath(f"{code}.md").read_text(encoding="utf-8")

    # -- places -----------------------------------------------------------------------------------------------------

    def _checked(self, member: str | None) -> None:
        analysis = self._current().analysis
        if member in analysis.waiting():
            analysis.add(analysis.check(member))

    def _current(self) -> View:
        analysis = self._texts.analysis(self._name)
        if self._view is None or self._view.analysis is not analysis:
            self._view = View(analysis, self._focus)
        return self._view

    @property
    def _source(self) -> Source:
        return self._current().source

    def _inside(self, offset: int) -> int:
        """Convert an offset from JavaScript to Python."""
        text = self._source.text
        return offset if text.isascii() else len(text.encode("utf-16-le")[: 2 * offset].decode("utf-16-le", "ignore"))

    def _outside(self, offset: int) -> int:
        text = self._source.text
        return offset if text.isascii() else len(text[:offset].encode("utf-16-le")) // 2

    def _place(self, span: Span) -> Json:
        return {"from": self._outside(span.start), "to": self._outside(span.end)}

    def _edits(self, edits: tuple[Edit, ...]) -> list[Json]:
        return [{**self._place(one.span), "text": one.text} for one in edits if one.span.file == self._name]


def _counted(shown: Shown) -> str:
    told = counted(shown) if shown.result.counted is not None else "in part"
    return told.replace(" · ", " parameters · ", 1)
