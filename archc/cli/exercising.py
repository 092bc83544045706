"""Exercises in Markdown: writing a sheet and its key, and marking a completed sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archc.analysis.exercise import Question, same_number, same_shape
from archc.count.table import shape
from archc.ir.network import Network
from archc.support.record import Record
from archc.support.sheets import from_markdown, in_markdown

_HOW = """Fill in the shape that comes out of each layer, and how many parameters it has. Layers that keep
the shape and have no weights are left out; *as 3* is the same as line 3. This marks the sheet:

    {command} --check FILE
"""


class SheetLine(Record):
    """A line of a completed sheet: the question's number, the layer, and the answers as written."""

    number: int
    layer: str
    output: str
    params: str


class SheetMark(Record):
    """Whether the answers of a line are right; None for an open one."""

    question: Question
    output: bool | None
    params: bool | None

    @property
    def right(self) -> bool:
        """Whether both answers are right."""
        return bool(self.output and self.params)


def sheet(network: Network, asked: Sequence[Question], command: str) -> str:
    """The sheet of a network, with all answers open; `command` is the command that makes it."""
    named = zip(network.inputs, network.input_names, strict=True)
    inputs = [f"{name} {shape(network.type_of(ref).dims)}".strip() for ref, name in named]
    said = f"The input is {inputs[0]}" if len(inputs) == 1 else f"The inputs are {', '.join(inputs)}"
    rows = []
    for q in asked:
        answers = (f"as {q.alike}",) * 2 if q.alike else ("", "")
        rows.append((str(q.number), _layer(q), ", ".join(q.reads), *answers))
    return f"# Exercise: {in_markdown(network.title)}\n\n{said}. {_HOW.format(command=command)}\n" + _table(
        ("line", "layer", "reads", "output", "parameters"), rows
    )


def key(asked: Sequence[Question]) -> str:
    """The answers, collapsed when the Markdown is rendered."""
    rows = [(str(q.number), q.output, f"{q.params:,}", q.how) for q in asked]
    table = _table(("line", "output", "parameters", "how they are counted"), rows)
    return f"## Key\n\n<details>\n<summary>The answers</summary>\n\n{table}\n</details>\n"


def read(text: str) -> Iterator[SheetLine]:
    """The lines of the sheet in a text, without those of a key."""
    for line in text.splitlines():
        cells = [from_markdown(cell).strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if len(cells) == 5 and cells[0].isascii() and cells[0].isdigit():
            yield SheetLine(int(cells[0][:9]), cells[1], cells[3], cells[4])


def marked(asked: Sequence[Question], lines: Sequence[SheetLine]) -> tuple[list[SheetMark], list[int]]:
    """The marks of the questions, and the numbers of lines that belong to another network."""
    filled = {line.number: line for line in lines}
    known = {q.number: q for q in asked}
    strange = [n for n, line in filled.items() if n not in known or _layer(known[n]) != line.layer]
    marks = [_mark(q, filled.get(q.number)) for q in asked if not q.alike]
    return marks, strange


def _mark(question: Question, line: SheetLine | None) -> SheetMark:
    return SheetMark(
        question,
        same_shape(line.output, question.output) if line is not None and line.output else None,
        same_number(line.params, question.params) if line is not None and line.params else None,
    )


def told(marks: Sequence[SheetMark]) -> str:
    """The marks as text: the answers that are wrong or open, and the number of right ones."""
    lines = []
    for mark in marks:
        said = [
            f"{name} {'open' if right is None else 'wrong'}"
            for name, right in (("output is", mark.output), ("parameters are", mark.params))
            if not right
        ]
        if said:
            lines.append(f"line {mark.question.number}, {mark.question.layer}: {', '.join(said)}")
    answers = [right for mark in marks for right in (mark.output, mark.params)]
    return "\n".join([*lines, f"{answers.count(True)} of {len(answers)} answers are right"]) + "\n"


def _layer(question: Question) -> str:
    return f"{question.path}: {question.layer}" if question.path else question.layer


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(in_markdown(cell) for cell in line)} |\n" for line in lines)
