"""Breaking statements into lines of at most 100 columns, as `ruff format` does.

A statement that fits stays on its line. Otherwise the last bracket that would be on its first line is opened: the
content goes on a line of its own if it fits, else one item per line, each followed by a comma.
"""

from __future__ import annotations

from archc.support.columns import width

COLUMNS = 100
BODY = 8
"""The indentation of the statements of a method."""
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def laid_out(text: str, indent: int, comment: str = "", suffix: str = "") -> list[str]:
    """The lines of a statement (or of an item in brackets) at `indent` columns, followed by `suffix`."""
    space = " " * indent
    line = f"{space}{text}{suffix}"
    if width(line) <= COLUMNS:
        noted = f"{line}  # {comment}"
        return [noted if comment and width(noted) <= COLUMNS else line]
    if not suffix and (told := _operation(text)) is not None:
        return [f"{space}{told[0]}(", *laid_out(told[1], indent + 4), f"{space})"]
    brackets = _brackets(text)
    if not brackets:
        return [line]
    fitting = [pair for pair in brackets if indent + width(text[: pair[0] + 1]) <= COLUMNS]
    start, end = (fitting or brackets)[-1]
    inside, tail = text[start + 1 : end], text[end + 1 :]
    items = split(inside)
    lines = [f"{space}{text[: start + 1]}"]
    if (parts := _comprehension(inside)) is not None:
        if width(inside) + indent + 4 <= COLUMNS:
            parts = (inside,)
        for part in parts:
            lines.extend(laid_out(part, indent + 4))
    else:
        joined = ", ".join(items)
        calls = start > 0 and (text[start - 1].isalnum() or text[start - 1] in "_)]")
        if calls and width(joined) + indent + 4 <= COLUMNS:
            return [*lines, f"{space}    {joined}", f"{space}{_PAIRS[text[start]]}{tail}{suffix}"]
        grouped = not calls and text[start] == "(" and len(items) == 1 and not inside.rstrip().endswith(",")
        sole = (
            grouped
            or (calls and text[start] == "[")  # a comma would make the index a tuple
            or len(items) == 1
            and items[0].endswith(tuple(_PAIRS.values()))
            and width(items[0]) + indent + 4 > COLUMNS
        )
        for item in items:
            lines.extend(laid_out(item, indent + 4, suffix="" if sole else ","))
    return [*lines, f"{space}{_PAIRS[text[start]]}{tail}{suffix}"]


def _operation(text: str) -> tuple[str, str] | None:
    """The head of a statement and its value, if that is an operation whose last operand does not end in a bracket."""
    head, value = "return ", text.removeprefix("return ")
    if value == text:
        target, equals, value = text.partition(" = ")
        name, _, kind = target.partition(": ")
        if not (equals and name.replace(".", "_").isidentifier() and (kind.isidentifier() or not kind)):
            return None
        head = f"{target} = "
    if text.endswith(tuple(_PAIRS.values())):
        return None
    if all(len(split(value, operator)) == 1 for operator in (" + ", " - ", " * ")):
        return None
    return head, value


def split(text: str, separator: str = ",") -> list[str]:
    """Split a text at the commas that are outside brackets and strings."""
    parts: list[str] = []
    depth = start = 0
    quote = ""
    for i, c in enumerate(text):
        if quote:
            quote = "" if c == quote and text[i - 1] != "\\" else quote
        elif c in "\"'":
            quote = c
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif depth == 0 and text.startswith(separator, i):
            parts.append(text[start:i].strip())
            start = i + len(separator)
    last = text[start:].strip()
    return [*parts, last] if last else parts


def _comprehension(text: str) -> tuple[str, ...] | None:
    parts = split(text, " for ")
    return (parts[0], *(f"for {p}" for p in parts[1:])) if len(parts) > 1 and text[0] != "*" else None


def _brackets(text: str) -> list[tuple[int, int]]:
    """The offsets at which the outermost non-empty brackets open and close: of a function, only its parameters."""
    found: list[tuple[int, int]] = []
    stack: list[int] = []
    quote = ""
    for i, c in enumerate(text):
        if quote:
            quote = "" if c == quote and text[i - 1] != "\\" else quote
        elif c in "\"'":
            quote = c
        elif c in "([{":
            stack.append(i)
        elif c in ")]}":
            start = stack.pop()
            if not stack and i > start + 1:
                found.append((start, i))
                if text.startswith("def "):
                    break
    return found
