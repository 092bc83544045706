"""From text to tokens. A statement ends with its line, unless the language continues it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.reference.tree import Invalid

WORD = re.compile(
    r"""(?P<space>[ \t\r]+|\#[^\n]*)
    |(?P<line>\n)
    |(?P<string>\"\"\"[\s\S]*?\"\"\"|"(?:[^"\\\n]|\\.)*")
    |(?P<shape>\d+(?:x\d+)+(?!\w))
    |(?P<number>\d+(?:_\d+)*(?:\.\d+)?(?:[eE][+-]?\d+|[KMGT](?:iB?|B)?)?(?!\w))
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%()\[\]{},:.|=<>])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Word:
    kind: str
    text: str
    start: int


def tokens(text: str) -> list[Word]:
    """The tokens of a text; a line end is a token if it ends a statement."""
    words: list[Word] = []
    place = 0
    while place < len(text):
        found = WORD.match(text, place)
        if found is None:
            raise Invalid(f"unreadable: {text[place : place + 20]!r}")
        if found.lastgroup != "space":
            words.append(Word(str(found.lastgroup), found[0], place))
        place = found.end()
    return _without_continued_lines(words)


def _without_continued_lines(words: list[Word]) -> list[Word]:
    """Statements continue in brackets, merges and `for`, before `-`, `|`, `else`, and after `-`, `|`, `,`, `=`."""
    kept: list[Word] = []
    open_: list[bool] = []  # for each open bracket, whether line ends count in it
    loops: list[int] = []
    for number, word in enumerate(words):
        if word.kind == "line":
            after = next((w.text for w in words[number + 1 :] if w.kind != "line"), "")
            before = kept[-1].text if kept else "\n"
            inside = bool(open_) and not open_[-1]
            if inside or after in ("-", "|", "else") or before in ("-", "|", ",", "=", "\n"):
                continue
        elif word.text == "for":
            loops.append(len(open_))
        elif word.text in ("(", "["):
            open_.append(False)
        elif word.text == "{":
            merge = bool(kept) and kept[-1].text in ("add", "concat", "mul")
            loop = not merge and bool(loops) and loops[-1] == len(open_)
            if loop:
                loops.pop()
            open_.append(not (merge or loop))
        elif word.text in (")", "]", "}"):
            if not open_:
                raise Invalid("brackets do not match")
            open_.pop()
        kept.append(word)
    return [*kept, Word("end", "", words[-1].start + len(words[-1].text) if words else 0)]


class Reader:
    """A position among the tokens."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.place = 0

    @property
    def word(self) -> str:
        return self.words[self.place].text

    @property
    def kind(self) -> str:
        return self.words[self.place].kind

    def ahead(self, by: int) -> str:
        return self.words[min(self.place + by, len(self.words) - 1)].text

    def at(self, text: str) -> bool:
        return self.word == text and self.kind != "string"

    def next(self) -> str:
        self.place += 1
        return self.words[self.place - 1].text

    def take(self, text: str) -> bool:
        """Whether `text` is the next token; if so, it is consumed."""
        if not self.at(text):
            return False
        self.place += 1
        return True

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise Invalid(f"{text!r} expected, not {self.word!r}")

    def name(self) -> str:
        if self.kind != "name":
            raise Invalid(f"a name expected, not {self.word!r}")
        return self.next()
