"""Time each request of an editor while shipped specs are typed: `python -m benchmarks.typing`.

Each spec is typed twice: from an empty file, so that it is incomplete most of the time, and line by line within the
whole text. After every Nth character (`--every`), the text is sent to a server in another process, followed by all
requests of an editor. Times are wall-clock times from the request to the answer; for a change, to the first diagnostics
of that version, which wait a moment for the member at the cursor. `--cpu` measures the processor time of the features
in this process instead, for shared machines.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from functools import partial
from os import getloadavg
from time import perf_counter, process_time
from typing import Any

from archc.editor import marks, names, renaming
from archc.editor.calls import signature
from archc.editor.completion import completions
from archc.editor.data import NotPossible
from archc.editor.hover import hover
from archc.editor.listing import coloured, folds, symbols
from archc.editor.problems import problems
from archc.editor.server import PATIENCE
from archc.editor.view import View
from archc.editor.workspace import Workspace
from archc.zoo import families, shipped_source

GOAL = 100.0
"""The limit for the 95th percentile, in milliseconds."""
Times = dict[str, list[float]]


def steps(text: str, every: int) -> Iterator[tuple[str, int]]:
    """The versions of a text while it is typed, each with the cursor."""
    for end in range(1, len(text) + 1, every):
        yield text[:end], end
    start = count = 0
    for line in text.splitlines(keepends=True):
        for typed in range(len(line)):
            count += 1
            if count % every == 0:
                yield text[: start + typed] + text[start + len(line) - 1 :], start + typed
        start += len(line)


def main() -> None:
    """Print the median, the 95th percentile and the maximum for each request, and the share within the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="measure each Nth character")
    parser.add_argument("--cpu", action="store_true", help="the features in this process, in processor time")
    parser.add_argument("--specs", nargs="*", default=families(), help="some families only")
    chosen = parser.parse_args()
    all_times: Times = {}
    for family in chosen.specs:
        text = shipped_source(f"{family}.arch").text
        times = (
            in_process(family, text, chosen.every) if chosen.cpu else asyncio.run(served(family, text, chosen.every))
        )
        changes = sorted(times["change"])
        print(f"{family:<12} {len(changes):>6} characters, change: {told(changes)}", flush=True)
        for name, some in times.items():
            all_times.setdefault(name, []).extend(some)
    print(f"\nload {getloadavg()[0]:.1f}\n{'request':<20}{'times':>8}   middle     95 %  slowest  within {GOAL:.0f} ms")
    for name, some in all_times.items():
        print(f"{name:<20}{len(some):>8}   {told(sorted(some))}")


def told(some: list[float]) -> str:
    """The statistics of sorted times."""
    middle, most = some[len(some) // 2], some[min(len(some) - 1, int(0.95 * len(some)))]
    within = 100 * sum(t <= GOAL for t in some) / len(some)
    return f"{middle:6.1f}   {most:6.1f}   {some[-1]:6.0f}   {within:6.2f} %"


def in_process(family: str, text: str, every: int) -> Times:
    """The times of each feature, called directly."""
    gc.disable()
    times: Times = {}
    space, name = Workspace(), f"/typed/{family}.arch"
    view: View | None = None
    focus: str | None = None

    def timed(what: str, work: Callable[[], Any]) -> Any:
        start = process_time()
        found = work()
        times.setdefault(what, []).append((process_time() - start) * 1e3)
        return found

    def read(words: str, cursor: int) -> View:
        space.put(name, words)
        made = View(space.analysis(name), focus)
        made.focus = made.member_at(cursor)
        return made

    def check(view: View) -> None:
        if view.focus in view.analysis.waiting():
            view.analysis.add(view.analysis.check(view.focus))

    def change(words: str, cursor: int) -> View:
        """The first diagnostics after a change, which wait for the member at the cursor as long as in the server."""
        made: View = timed("reading", partial(read, words, cursor))
        timed("member at the cursor", partial(check, made))
        timed("telling", lambda: problems(made, space.earlier(name)))
        spent = [times[what][-1] for what in ("reading", "member at the cursor", "telling")]
        times.setdefault("change", []).append(spent[0] + min(spent[1], PATIENCE * 1e3) + spent[2])
        return made

    for number, (words, cursor) in enumerate(steps(text, every)):
        view = change(words, cursor)
        focus = view.focus
        for what, work in _requests(space, view, cursor).items():
            timed(what, work)
        analysis = view.analysis
        for member in list(analysis.waiting()):
            analysis.add(timed("another member", partial(analysis.check, member)))
        analysis.weighed = timed("doubts", analysis.weigh)
        space.keep(analysis)
        if number % 50 == 0:
            gc.collect()
    return times


def _requests(space: Workspace, view: View, cursor: int) -> dict[str, Callable[[], Any]]:
    def renamed() -> Any:
        try:
            return renaming.rename(space, [view], view, cursor, "another_name")
        except NotPossible:
            return None

    return {
        "hover": lambda: hover(view, cursor),
        "definition": lambda: names.definition(view, cursor),
        "references": lambda: names.references([view], view, cursor),
        "highlights": lambda: names.highlights(view, cursor),
        "symbols": lambda: symbols(view),
        "completion": lambda: completions(space, view, cursor),
        "signature": lambda: signature(view, cursor),
        "rename": renamed,
        "folding": lambda: folds(view.source),
        "semantic tokens": lambda: coloured(view),
        "code lenses": lambda: marks.lenses(view),
        "inlay hints": lambda: marks.hints(view),
    }


async def served(family: str, text: str, every: int) -> Times:
    """The times with the server in another process, as in an editor."""
    from lsprotocol import types as lsp
    from pygls.lsp.client import LanguageClient

    times: Times = {}
    client = LanguageClient("typing", "1")
    told: dict[int, asyncio.Event] = {}

    def published(params: lsp.PublishDiagnosticsParams) -> None:
        told.setdefault(params.version or 0, asyncio.Event()).set()

    client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(published)
    await client.start_io(sys.executable, "-m", "archc", "lsp")
    await client.initialize_async(lsp.InitializeParams(lsp.ClientCapabilities()))
    client.initialized(lsp.InitializedParams())
    uri = f"file:///typed/{family}.arch"
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(uri, "arch", 0, "")))
    document = lsp.TextDocumentIdentifier(uri)
    for version, (words, cursor) in enumerate(steps(text, every), 1):
        start = perf_counter()
        change = lsp.TextDocumentContentChangeWholeDocument(words)
        client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(lsp.VersionedTextDocumentIdentifier(version, uri), [change])
        )
        await told.setdefault(version, asyncio.Event()).wait()
        times.setdefault("change", []).append((perf_counter() - start) * 1e3)
        line = words.count("\n", 0, cursor)
        at = lsp.Position(line, cursor - (words.rfind("\n", 0, cursor) + 1))
        whole = lsp.Range(lsp.Position(0, 0), lsp.Position(words.count("\n") + 1, 0))
        for what, request in {
            "hover": client.text_document_hover_async(lsp.HoverParams(document, at)),
            "definition": client.text_document_definition_async(lsp.DefinitionParams(document, at)),
            "highlights": client.text_document_document_highlight_async(lsp.DocumentHighlightParams(document, at)),
            "completion": client.text_document_completion_async(lsp.CompletionParams(document, at)),
            "signature": client.text_document_signature_help_async(lsp.SignatureHelpParams(document, at)),
            "symbols": client.text_document_document_symbol_async(lsp.DocumentSymbolParams(document)),
            "semantic tokens": client.text_document_semantic_tokens_full_async(lsp.SemanticTokensParams(document)),
            "inlay hints": client.text_document_inlay_hint_async(lsp.InlayHintParams(document, whole)),
            "code lenses": client.text_document_code_lens_async(lsp.CodeLensParams(document)),
            "folding": client.text_document_folding_range_async(lsp.FoldingRangeParams(document)),
        }.items():
            start = perf_counter()
            await request
            times.setdefault(what, []).append((perf_counter() - start) * 1e3)
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()  # type: ignore[no-untyped-call]  # of pygls
    return times


if __name__ == "__main__":
    main()
