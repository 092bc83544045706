"""Converting plain answers to the values of the Language Server Protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from lsprotocol import types as lsp

from archc.diagnostics.core import Edit, Severity
from archc.diagnostics.source import Source, Span, Unit
from archc.editor.data import (
    Action,
    Calls,
    CompletionItem,
    Fold,
    Hint,
    Hover,
    Lens,
    NameUse,
    SemanticToken,
    Signature,
    Symbol,
    Told,
)
from archc.editor.listing import MODIFIERS, TOKENS
from archc.editor.workspace import path_of
from archc.support.resources import error_pages
from archc.zoo import SHIPPED

SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.NOTE: lsp.DiagnosticSeverity.Information,
}
_SYMBOLS = {
    "function": lsp.SymbolKind.Function, "macro": lsp.SymbolKind.Function, "block": lsp.SymbolKind.Class,
    "model": lsp.SymbolKind.Module, "variant": lsp.SymbolKind.Object, "let": lsp.SymbolKind.Constant,
    "tensor": lsp.SymbolKind.Variable, "module": lsp.SymbolKind.Property,
}  # fmt: skip
_ITEMS = {
    "layer": lsp.CompletionItemKind.Class, "block": lsp.CompletionItemKind.Class,
    "builtin": lsp.CompletionItemKind.Function, "function": lsp.CompletionItemKind.Function,
    "macro": lsp.CompletionItemKind.Function, "model": lsp.CompletionItemKind.Module,
    "variant": lsp.CompletionItemKind.Module, "parameter": lsp.CompletionItemKind.Variable,
    "argument": lsp.CompletionItemKind.Property, "let": lsp.CompletionItemKind.Constant,
    "module": lsp.CompletionItemKind.Field, "fact": lsp.CompletionItemKind.Property,
    "keyword": lsp.CompletionItemKind.Keyword, "incoming": lsp.CompletionItemKind.Keyword,
    "snippet": lsp.CompletionItemKind.Snippet, "file": lsp.CompletionItemKind.File,
}  # fmt: skip

Sources = Callable[[str], Source]
"""Gives the text of a file by its name."""


def name_of(uri: str) -> str:
    """The name in archc of the file of a URI."""
    parts = urlsplit(uri)
    path = unquote(parts.path)
    if parts.scheme != "file":
        return uri
    if len(path) > 2 and path[0] == "/" and path[2] == ":":  # /c:/x
        path = path[1:]
    return path


def uri_of(name: str) -> str:
    """The URI of a file by the name that archc has for it."""
    if name.startswith(f"{SHIPPED}/"):
        return path_of(name).absolute().as_uri()
    if "://" in name or (":" in name and not name[1:].startswith(":/")):
        return name
    return f"file://{quote(name if name.startswith('/') else f'/{name}')}"


class Shapes:
    """Converts plain values to those of the protocol, with columns in a unit."""

    def __init__(self, sources: Sources, unit: Unit) -> None:
        self.sources = sources
        self.unit: Unit = unit

    # -- places -----------------------------------------------------------------------------------------------------

    def offset(self, source: Source, position: lsp.Position) -> int:
        """The offset of a position."""
        return source.offset(position.line + 1, position.character + 1, self.unit)

    def position(self, source: Source, offset: int) -> lsp.Position:
        """The position of an offset."""
        line, column = source.position(offset, self.unit)
        return lsp.Position(line - 1, column - 1)

    def range(self, span: Span) -> lsp.Range:
        """The range of a span."""
        source = self.sources(span.file)
        return lsp.Range(self.position(source, span.start), self.position(source, span.end))

    def location(self, span: Span) -> lsp.Location:
        """A span with its file."""
        return lsp.Location(uri_of(span.file), self.range(span))

    # -- answers ----------------------------------------------------------------------------------------------------

    def diagnostic(self, told: Told) -> lsp.Diagnostic:
        """A diagnostic, with its code's page as link."""
        related = [lsp.DiagnosticRelatedInformation(self.location(span), text) for span, text in told.related]
        page = Path(str(error_pages())) / f"{told.code}.md"
        return lsp.Diagnostic(
            range=self.range(told.span),
            message=told.message,
            severity=SEVERITIES[told.severity],
            code=told.code,
            code_description=lsp.CodeDescription(page.absolute().as_uri()),
            source="archc",
            related_information=related or None,
            tags=[lsp.DiagnosticTag.Unnecessary] if told.unused else None,
        )

    def hover(self, hover: Hover) -> lsp.Hover:
        """The hover text of a place."""
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, hover.text), self.range(hover.span))

    def highlight(self, mark: NameUse) -> lsp.DocumentHighlight:
        """A use of a name."""
        kind = lsp.DocumentHighlightKind.Write if mark.writes else lsp.DocumentHighlightKind.Read
        return lsp.DocumentHighlight(self.range(mark.span), kind)

    def symbol(self, symbol: Symbol) -> lsp.DocumentSymbol:
        """A definition in the outline of a file."""
        return lsp.DocumentSymbol(
            name=symbol.name or "…",
            kind=_SYMBOLS.get(symbol.kind, lsp.SymbolKind.Variable),
            range=self.range(symbol.whole),
            selection_range=self.range(symbol.span),
            detail=symbol.detail or None,
            children=[self.symbol(child) for child in symbol.children],
        )

    def found(self, symbol: Symbol) -> lsp.WorkspaceSymbol:
        """A definition in some file."""
        kind = _SYMBOLS.get(symbol.kind, lsp.SymbolKind.Variable)
        return lsp.WorkspaceSymbol(location=self.location(symbol.span), name=symbol.name, kind=kind)

    def end(self, symbol: Symbol) -> lsp.CallHierarchyItem:
        """A caller or callee; `data` is the name of its file in archc."""
        kind = _SYMBOLS.get(symbol.kind, lsp.SymbolKind.File)
        whole, span, uri = self.range(symbol.whole), self.range(symbol.span), uri_of(symbol.span.file)
        file = PurePosixPath(symbol.span.file).name
        return lsp.CallHierarchyItem(symbol.name, kind, uri, whole, span, detail=file, data=symbol.span.file)

    def caller(self, calls: Calls) -> lsp.CallHierarchyIncomingCall:
        """A caller."""
        return lsp.CallHierarchyIncomingCall(self.end(calls.other), [self.range(span) for span in calls.spans])

    def callee(self, calls: Calls) -> lsp.CallHierarchyOutgoingCall:
        """A callee."""
        return lsp.CallHierarchyOutgoingCall(self.end(calls.other), [self.range(span) for span in calls.spans])

    def item(self, item: CompletionItem, *, snippets: bool) -> lsp.CompletionItem:
        """A completion; an editor without snippets inserts only the label."""
        plain = not item.snippet or not snippets
        text = item.text if snippets or not item.snippet else item.label
        form = lsp.InsertTextFormat.PlainText if plain else lsp.InsertTextFormat.Snippet
        return lsp.CompletionItem(
            label=item.label,
            kind=_ITEMS.get(item.kind, lsp.CompletionItemKind.Variable),
            detail=item.detail or None,
            documentation=lsp.MarkupContent(lsp.MarkupKind.Markdown, item.doc) if item.doc else None,
            sort_text=f"{item.order}{item.label}",
            insert_text_format=form,
            text_edit=lsp.TextEdit(self.range(item.span), text),
        )

    def signature(self, found: Signature) -> lsp.SignatureHelp:
        """The call that is being typed."""
        parameters = [lsp.ParameterInformation(label=range_) for range_ in found.parameters]
        doc = lsp.MarkupContent(lsp.MarkupKind.Markdown, found.doc) if found.doc else None
        # The next parameter is given for the signature: editors that do not support null use one beyond the last.
        active = found.active if found.active is not None else len(parameters)
        one = lsp.SignatureInformation(found.text, documentation=doc, parameters=parameters, active_parameter=active)
        return lsp.SignatureHelp(signatures=[one], active_signature=0, active_parameter=active)

    def edits(self, edits: Sequence[Edit]) -> list[lsp.TextEdit]:
        """The edits of one file."""
        return [lsp.TextEdit(self.range(edit.span), edit.text) for edit in edits]

    def changes(self, edits: Sequence[Edit]) -> lsp.WorkspaceEdit:
        """The edits of several files."""
        files: dict[str, list[Edit]] = {}
        for edit in edits:
            files.setdefault(edit.span.file, []).append(edit)
        return lsp.WorkspaceEdit(changes={uri_of(file): self.edits(own) for file, own in files.items()})

    def action(self, action: Action, asked: Sequence[lsp.Diagnostic]) -> lsp.CodeAction:
        """A quick fix, with the diagnostics among `asked` that it corrects."""
        mended = [d for d in asked if d.code == action.code and d.range == self.range(action.span)]
        return lsp.CodeAction(
            title=action.title,
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=mended or None,
            is_preferred=True if action.sure else None,
            edit=self.changes(action.edits),
        )

    def lens(self, lens: Lens, uri: str) -> lsp.CodeLens:
        """A line above a declaration."""
        span = self.range(lens.span)
        if not lens.command:
            return lsp.CodeLens(span, lsp.Command(lens.text, ""))
        arguments: list[lsp.LSPAny] = [uri, lens.member]
        return lsp.CodeLens(span, lsp.Command(lens.text, f"archc.{lens.command}", arguments=arguments))

    def hint(self, source: Source, hint: Hint) -> lsp.InlayHint:
        """A short text after an offset."""
        position = self.position(source, hint.offset)
        return lsp.InlayHint(position, hint.text, padding_left=True, tooltip=hint.tip or None)

    def fold(self, fold: Fold) -> lsp.FoldingRange:
        """A region that can be folded."""
        return lsp.FoldingRange(fold.first, fold.last, kind=lsp.FoldingRangeKind(fold.kind))

    def tokens(self, source: Source, tokens: Sequence[SemanticToken]) -> lsp.SemanticTokens:
        """The words with their kinds, each relative to the previous one."""
        data: list[int] = []
        last_line = last_column = 0
        for token in tokens:
            start, end = self.position(source, token.span.start), self.position(source, token.span.end)
            if start.line != last_line:
                last_column = 0
            bits = sum(1 << MODIFIERS.index(name) for name in token.modifiers)
            length = end.character - start.character
            data += start.line - last_line, start.character - last_column, length, TOKENS.index(token.kind), bits
            last_line, last_column = start.line, start.character
        return lsp.SemanticTokens(data)
