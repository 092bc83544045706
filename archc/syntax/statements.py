"""Cutting text and bodies into statements, each of which the grammar then parses.

An error costs only the statement that contains it: brackets are matched here, so that an unparsable statement ends
where it was meant to. A body in braces becomes a single `BODY` token, already parsed, of its statement.
"""

from __future__ import annotations

from inspect import cleandoc
from typing import Literal, TypeAlias

from archc.diagnostics.core import Edit, Label, Reporter
from archc.diagnostics.problems.limits import TooDeep
from archc.diagnostics.problems.structure import Misplaced
from archc.diagnostics.problems.syntax import LateDocstring, Unclosed, Unopened
from archc.diagnostics.source import Source, Span
from archc.diagnostics.words.unknown import of_training
from archc.support.record import Struct, field
from archc.syntax import tree
from archc.syntax.brackets import CLOSING, OPENS, OpenStatement, closing, indentation, likely
from archc.syntax.build import Braces
from archc.syntax.expected import report_unreadable
from archc.syntax.foreign.statement import BrokenStatement
from archc.syntax.literals import read_string
from archc.syntax.reader import MAX_BRACKETS, Reader, Start
from archc.syntax.tokens import MERGES, UNREADABLE, Token, is_name

Kind: TypeAlias = Literal["file", "body", "members", "lost"]

_GOES_ON_AFTER = frozenset({"MINUS", "BAR", "COMMA", "ASSIGN"})
_GOES_ON_WITH = frozenset({"MINUS", "BAR", "ELSE"})
_DECLARES = frozenset({"BLOCK", "MODEL", "VARIANT", "MACRO", "FN", "FROM"})
_NAMED = frozenset({"LET", "FN", "MACRO", "BLOCK", "MODEL", "VARIANT", "SHARED"})
_FOREIGN_HEADERS = frozenset({"def", "class", "while", "function", "func"})
_IN_FILE = (
    tree.Import, tree.Allow, tree.Default, tree.Init, tree.Let, tree.Function, tree.Macro, tree.Block, tree.ModelDef,
    tree.Variant, tree.ChainStatement,
)  # fmt: skip
_IN_BODY = (
    tree.Let, tree.Bind, tree.ChainStatement, tree.If, tree.Return, tree.InputStatement, tree.Shared, tree.Default,
    tree.Init,
)  # fmt: skip


class OpenBody(Struct):
    """A file or body that is still open."""

    kind: Kind
    brace: Token | None
    doc: tree.Literal_ | None = None
    statements: list[tree.Tree] = field(default_factory=list)
    complete: bool = True
    draft: OpenStatement = field(default_factory=OpenStatement)


class Statements:
    """One pass over the tokens of a file."""

    def __init__(self, source: Source, tokens: list[Token], reader: Reader, reporter: Reporter) -> None:
        end = len(source.text.rstrip())
        self.source = source
        self.tokens = [*tokens, Token("END", "", Span(source.name, end, end))]
        self.reader = reader
        self.reporter = reporter
        self.frames = [OpenBody("file", None)]
        self.lost: set[str] = set()
        self.read: list[Span] = []
        """The statements that were parsed, including docstrings, inner ones before outer ones."""
        self.unfinished: list[Span] = []
        """The bodies that are not closed, or from which something is left out."""
        self.at = 0
        self.depth = 0
        self.cut = False
        """Whether the unexpected end of the file has been reported."""
        self.again = len(tokens) + 1
        """How many more tokens may be scanned a second time; the bound keeps the pass linear."""

    def run(self) -> OpenBody:
        """The file with all statements that could be parsed. Errors in the others have been reported."""
        handlers = dict.fromkeys(self.reader.tables.words.values(), self._word)
        handlers |= dict.fromkeys(UNREADABLE, self._unreadable)
        handlers |= dict.fromkeys(("LPAR", "LSQB", "LBRACE"), self._open)
        handlers |= dict.fromkeys(OPENS, self._close)
        handlers |= {"NEWLINE": self._line_end, "END": self._end}
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            handle = handlers.get(token.type)
            if handle is None:
                self.frames[-1].draft.tokens.append(token)
            else:
                handle(token)
            self.at += 1
        return self.frames[0]

    # -- tokens

    def _word(self, token: Token) -> None:
        draft = self.frames[-1].draft
        first, before = (draft.tokens[0].type, draft.tokens[-1].type) if draft.tokens else ("", "")
        if is_name(token, first, before, self.tokens[self.at + 1].type):
            token = Token("NAME", token.text, token.span)
        elif token.type == "FOR" and not draft.brackets:
            draft.loops += 1
        draft.tokens.append(token)

    def _unreadable(self, token: Token) -> None:
        draft = self.frames[-1].draft
        if not draft.broken:
            draft.unreadable = len(draft.tokens)
        draft.broken = True
        draft.tokens.append(token)

    def _open(self, token: Token) -> None:
        self.depth += 1
        if self.depth > MAX_BRACKETS:
            self.reporter.add(TooDeep(limit=MAX_BRACKETS, what="brackets"), token.span)
            self._stop()
            return
        draft = self.frames[-1].draft
        if token.type == "LBRACE" and not _holds_chains(draft):
            self.frames.append(OpenBody(_kind_of_body(draft), token))
            return
        if token.type == "LBRACE" and not draft.brackets and draft.loops:
            draft.loops -= 1
        draft.brackets.append((token, self.at))
        draft.tokens.append(token)

    def _close(self, token: Token) -> None:
        frame = self.frames[-1]
        draft = frame.draft
        wanted = OPENS[token.type]
        opened = [i for i, (bracket, _) in enumerate(draft.brackets) if bracket.type == wanted]
        if not opened and token.type == "RBRACE" and frame.brace:
            if not draft.brackets:
                self._close_body(token)
                return
            if not self._is_within_line(draft.brackets[-1][0], token):
                self._abandon(frame, token)
                return
        if opened:
            if opened[-1] + 1 < len(draft.brackets):
                self._report_unclosed(draft, opened[-1] + 1, token)
            keep = opened[-1]
        else:
            if not draft.broken:
                labels = tuple(Label(b.span, f"`{b.text}` is open here") for b, _ in draft.brackets[-1:])
                if draft.closed and draft.closed.text[0] == token.text[0]:
                    labels += (Label(draft.closed.span, "the one before is closed here already"),)
                instead = CLOSING[draft.brackets[-1][0].type] if draft.brackets else ""
                instead += token.text[1:] if instead == "]" else ""
                edits = (Edit(token.span, instead),)
                problem = Unopened(sign=token.text[0], instead=instead)
                self.reporter.add(problem, token.span, labels=labels, edits=edits)
            draft.broken = True
            keep = max(0, len(draft.brackets) - (not self._is_closed_later(draft)))
        self.depth -= len(draft.brackets) - keep
        if opened and not keep:
            draft.closed = token
        del draft.brackets[keep:]
        draft.tokens.append(token)

    def _is_within_line(self, bracket: Token, token: Token) -> bool:
        """Whether a `}` stands between a bracket and the end of its line: mistyped for the sign that closes it."""
        before = self.source.text[bracket.span.start : token.span.start]
        ends = self.tokens[self.at + 1].type in ("NEWLINE", "END", "ELSE", "RBRACE")
        return bracket.type != "LBRACE" and "\n" not in before and not ends

    def _is_closed_later(self, draft: OpenStatement) -> bool:
        """Whether the innermost open bracket of a statement is closed at the expected place."""
        if not draft.brackets:
            return False
        wanted, depth = draft.brackets[-1][0].type, 0
        for at in range(self.at + 1, len(self.tokens)):
            kind = self.tokens[at].type
            self.again -= 1
            if self.again < 0 or (kind in _DECLARES and self.tokens[at - 1].type == "NEWLINE"):
                return False
            if kind in ("LPAR", "LSQB", "LBRACE"):
                depth += 1
            elif kind in OPENS:
                if depth == 0:
                    return OPENS[kind] == wanted
                depth -= 1
        return False

    def _line_end(self, token: Token) -> None:
        frame = self.frames[-1]
        after = self.tokens[self.at + 1]
        if after.type in _DECLARES and (frame.draft.brackets or frame.brace) and self._declares(after):
            if frame.draft.brackets:
                self._abandon(frame, after)
                return
            self._cut_bodies(after)
        draft = self.frames[-1].draft
        if not draft.tokens or draft.brackets or after.type in _GOES_ON_WITH:
            return
        if draft.tokens[-1].type not in _GOES_ON_AFTER:
            self._end_statement()

    def _end(self, token: Token) -> None:
        frame = self.frames[-1]
        if frame.draft.brackets:
            self._abandon(frame, token)
            return
        if frame.brace:
            self._cut_bodies(token)
        self._end_statement()

    # -- statements and bodies

    def _end_statement(self, *, silent: bool = False) -> None:
        frame = self.frames[-1]
        draft, frame.draft = frame.draft, OpenStatement()
        if not draft.tokens:
            return
        node: tree.Tree | None = None
        whole = draft.tokens[0].span.to(draft.tokens[-1].span)
        if not draft.broken and frame.kind != "lost":
            if len(draft.tokens) == 1 and draft.tokens[0].type == "STRING":
                self._docstring(frame, draft.tokens[0])
                return
            start: Start = "member" if frame.kind == "members" else "statement"
            node = self._placed(frame, self.reader.read(draft.tokens, start, silent=silent), draft.tokens[0])
        if node is None:
            self._lose(frame, draft)
            self._skip_body(draft)
        else:
            frame.statements.append(node)
            self.read.append(whole)

    def _placed(self, frame: OpenBody, node: tree.Tree | None, first: Token) -> tree.Tree | None:
        """`node` if it is allowed in `frame`; otherwise None, after reporting it."""
        allowed = {"file": _IN_FILE, "body": _IN_BODY}.get(frame.kind)
        if node is None or allowed is None or isinstance(node, allowed):
            return node
        what = "a named tensor" if isinstance(node, tree.Bind) else f"`{first.text}`"
        where = "a file outside of bodies" if frame.kind == "file" else "a body"
        if isinstance(node, tree.InputStatement):
            self.lost.add("input")
        advice = ""
        if isinstance(node, tree.Bind):
            made = node.chain.terms[:1]
            advice = of_training(first.text) or next((of_training(t.name) for t in made if isinstance(t, tree.Use)), "")
        problem = Misplaced(what=what, where=where, advice=advice)
        self.reporter.add(problem, node.span if what[0] == "a" else first.span)
        return None

    def _docstring(self, frame: OpenBody, token: Token) -> None:
        if frame.doc is not None or frame.statements:
            self.reporter.add(LateDocstring(), token.span)
            return
        node = read_string(token, self.reporter, None)
        if isinstance(node, tree.Literal_):
            frame.doc = tree.Literal_(node.span, cleandoc(str(node.value)))
            self.read.append(token.span)

    def _lose(self, frame: OpenBody, draft: OpenStatement) -> None:
        """Record that a statement is left out, and the names that it may have defined."""
        frame.complete = False
        if draft.unreadable is not None:
            statement = BrokenStatement(self.source, draft.tokens, draft.unreadable, frozenset())
            self.lost.update(report_unreadable(statement, self.reporter, self.reader.told))
        self._forget(draft)
        kinds = [token.type for token in draft.tokens]
        names = [token.text for token in draft.tokens if token.type == "NAME"]
        first = kinds[0] if kinds else ""
        if first == "FROM":
            self.lost.update(names)
        elif kinds[:2] == ["STRAY", "NAME"]:  # a word of another script
            self.lost.update(names[:1])
        elif first in _NAMED or kinds[:2] == ["NAME", "NAME"]:  # the second for a misspelt word: `modell m`
            several = kinds[2:3] == ["ASSIGN"]  # a comma is missing between them: `a b = Chunk(2)`
            self.lost.update(names[:1] if first in _NAMED else names[0 if several else 1 : 2])
        elif "ASSIGN" in kinds and set(kinds[: kinds.index("ASSIGN")]) <= {"NAME", "COMMA", "STAR"}:
            self.lost.update(names[: kinds[: kinds.index("ASSIGN")].count("NAME")])

    def _skip_body(self, draft: OpenStatement) -> None:
        """After a header without braces, such as `model m:`, continue after the lines that are indented further."""
        first, last = draft.tokens[0], draft.tokens[-1]
        headed = first.type in ("MODEL", "BLOCK", "VARIANT", "MACRO") or first.text in _FOREIGN_HEADERS
        if last.type == "BODY" or not (last.type == "COLON" or headed) or self.tokens[self.at].type != "NEWLINE":
            return
        indent = indentation(first, self.source)
        for at in range(self.at, len(self.tokens) - 1):
            after = self.tokens[at + 1]
            if self.tokens[at].type != "NEWLINE":
                continue
            goes_on = after.type == "ELSE" or after.text in ("elif", "end", "except")
            if after.type == "END" or (indentation(after, self.source) <= indent and not goes_on):
                self.at = at
                return

    def _forget(self, draft: OpenStatement) -> None:
        """Discard everything parsed from a statement that is left out."""
        start = draft.tokens[0].span.start if draft.tokens else 0
        for found in (self.read, self.unfinished):
            while found and found[-1].start >= start:
                found.pop()

    def _close_body(self, end: Token, *, silent: bool = False) -> None:
        """End the innermost body; it becomes a token of its statement."""
        self._end_statement(silent=silent)
        frame = self.frames.pop()
        self.depth -= 1
        if frame.brace:
            value = Braces(frame.doc, tuple(frame.statements), frame.complete)
            span = Span(self.source.name, frame.brace.span.start, max(end.span.end, frame.brace.span.end))
            self.frames[-1].draft.tokens.append(Token("BODY", "}", span, value))
            if not frame.complete or end.type != "RBRACE":
                self.unfinished.append(span)

    # -- what is never closed

    def _declares(self, token: Token) -> bool:
        """Whether `token`, the first of its line, begins a declaration that cannot belong to the open statement.

        It does if it is not indented further than that statement: a macro that someone put inside a block stays
        there.
        """
        if self.tokens[self.at + 2].type not in ("NAME", "STRING"):
            return False
        draft = self.frames[-1].draft if self.frames[-1].draft.brackets else self.frames[-2].draft
        return bool(draft.tokens) and indentation(token, self.source) <= indentation(draft.tokens[0], self.source)

    def _cut_bodies(self, token: Token) -> None:
        """Close the bodies that are open when the file ends or a declaration begins at `token`."""
        brace = self.frames[-1].brace
        if brace and not self.cut:
            self._add_unclosed(brace, token, OpenStatement())
        indent = indentation(token, self.source) if token.type != "END" else 0
        while len(self.frames) > 1:
            header = self.frames[-2].draft.tokens
            if token.type != "END" and header and indentation(header[0], self.source) < indent:
                break
            self._close_body(self.tokens[max(0, self.at - 1)], silent=True)

    def _abandon(self, frame: OpenBody, token: Token) -> None:
        """Give up the statement whose brackets are open when `token` ends its body, and continue with the next line.

        That is the first line after the open bracket that is not indented further than the statement.
        """
        draft, frame.draft = frame.draft, OpenStatement()
        self._report_unclosed(draft, 0, token)
        self.depth -= len(draft.brackets)
        self._lose(frame, draft)
        indent = indentation(draft.tokens[0], self.source)
        resume = self.at
        for at in range(draft.brackets[0][1], self.at):
            after = self.tokens[at + 1]
            starts = self.tokens[at].type == "NEWLINE" and after.type not in _GOES_ON_WITH | OPENS.keys()
            if starts and self.at - at <= self.again and indentation(after, self.source) <= indent:
                self.again -= self.at - at
                resume = at
                break
        self.at = resume - 1

    def _report_unclosed(self, draft: OpenStatement, index: int, token: Token) -> None:
        """Report the open bracket `index` of a statement, noticed at `token`."""
        if not draft.broken:
            self._add_unclosed(likely(draft, index, token, self.source), token, draft)
        elif token.type == "END":
            self.cut = True
        draft.broken = True

    def _add_unclosed(self, bracket: Token, token: Token, draft: OpenStatement) -> None:
        edits = (closing(bracket, token, draft, self.source),)
        problem = Unclosed(sign=bracket.text[0], ends=token.type == "END")
        if token.type == "END":
            self.cut = True
            last = max(0, token.span.end - 1)
            place = Span(self.source.name, last, token.span.end)
            self.reporter.add(problem, place, labels=(Label(bracket.span, "opened here"),), edits=edits)
        else:
            text = f"`{token.text[0]}` comes first" if token.type in OPENS else "the next declaration begins here"
            self.reporter.add(problem, bracket.span, labels=(Label(token.span, text),), edits=edits)

    def _stop(self) -> None:
        """Stop reading; the statements that are complete are kept."""
        self._forget(self.frames[0].draft)
        del self.frames[1:]
        self.frames[0].complete = False
        self.at = len(self.tokens)


def _holds_chains(draft: OpenStatement) -> bool:
    """Whether a brace that comes next encloses chains, and so belongs to the statement, rather than statements."""
    before = draft.tokens[-1].type if draft.tokens else ""
    return bool(draft.brackets or draft.loops) or before in MERGES


def _kind_of_body(draft: OpenStatement) -> Kind:
    """What the braces of a statement contain, by the keyword that starts it."""
    first = draft.tokens[0].type if draft.tokens else ""
    if first == "VARIANT":
        return "members"
    return "body" if first in ("BLOCK", "MODEL", "IF") else "lost"
