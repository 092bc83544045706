"""Shrinking a text that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator

OPEN, CLOSE = "([{", ")]}"


def shrunk(text: str, fails: Callable[[str], bool], tries: int = 400) -> str:
    """`text` without the lines and terms that the failure does not need."""
    going = True
    while going and tries > 0:
        going = False
        for shorter in shorter_texts(text):
            tries -= 1
            if fails(shorter):
                text, going = shorter, True
                break
            if tries <= 0:
                break
    return text


def shorter_texts(text: str) -> Iterator[str]:
    """The texts without one declaration, line, term or branch."""
    declarations = text.split("\n}\n")
    for number in range(len(declarations) - 1):
        yield "\n}\n".join(declarations[:number] + declarations[number + 1 :])
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.strip() and (line.count("{") == line.count("}")):
            yield "\n".join(lines[:number] + lines[number + 1 :])
    for place in range(len(text)):
        if text.startswith((" - ", " | ", " if (", " else "), place):
            yield text[:place] + text[term_end(text, place + 3) :]
        elif text[place] in "([{|=" or text.startswith("\n  ", place):
            end = term_end(text, place + 1)
            if text.startswith(" - ", end):
                yield f"{text[: place + 1]} {text[end + 3 :]}"
        if text[place] == "(" and text[place - 1] in " (":
            end = term_end(text, place + 1)
            if text[end : end + 1] == ")":
                yield text[:place] + text[place + 1 : end] + text[end + 1 :]


def term_end(text: str, place: int) -> int:
    """The end of the term that begins at `place`."""
    depth = 0
    while place < len(text):
        if text[place] in OPEN:
            depth += 1
        elif text[place] in CLOSE:
            depth -= 1
        if depth < 0 or (depth == 0 and text.startswith((" - ", " | ", "\n", " if (", " else "), place)):
            return place
        if depth == 0 and text[place] in CLOSE and text.startswith((" - ", " | ", "\n"), place + 1):
            return place + 1
        place += 1
    return place
