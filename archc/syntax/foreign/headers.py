"""Idioms recognised by the first word of a statement: definitions, loops, edits."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from archc.diagnostics.core import Edit
from archc.diagnostics.words.meaning import known_arguments, meaning, rewritten
from archc.diagnostics.words.unknown import of_training
from archc.syntax.foreign import imports, members
from archc.syntax.foreign.bodies import BODIES, ELSE_IF, else_if, end
from archc.syntax.foreign.definitions import DEFINITIONS, as_shape, model, name, value
from archc.syntax.foreign.flow import flow, in_words
from archc.syntax.foreign.settings import chain
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.foreign.variants import variant

_MODELS = frozenset("network net arch architecture graph module nn cnn system mod models".split())
_VALUES = frozenset("const var val auto int float constexpr final static define set double string".split())
_DEFINES = frozenset("def func function fun proc sub procedure".split())
_LOOPS = frozenset("while loop until foreach do repeat".split())
_EDITS = {
    "delete": "remove", "del": "remove", "drop": "remove", "cut": "truncate after", "swap": "replace",
    "change": "replace", "set": "replace", "override": "replace", "update": "replace", "lock": "freeze",
    "fix": "freeze", "thaw": "unfreeze", "append": "insert after", "assert": "expect", "require": "expect",
    "check": "expect",
}  # fmt: skip
_COUNTS = frozenset({"params", "macs", "flops", "activations", "depth", "trainable"})
_OF_PROGRAMS = frozenset("assert raise yield global nonlocal with try async".split())
_STATEMENTS = frozenset("from input let expect freeze unfreeze remove replace truncate insert allow return".split())
_STARTS = frozenset({"NAME", "LSQB", "LPAR", "FOR", "ADD", "CONCAT", "MUL"})
_OUTPUTS = frozenset("output outputs end result".split())


def _first_word(s: BrokenStatement) -> Foreign | None:
    """A first word that begins no statement of the language."""
    word, after = s.text(0), s.kind(1)
    if s.kind(0) != "NAME" or after in ("ASSIGN", "COLON", "MINUS", "DOT", ""):
        return None
    known = next((idiom for words, idiom in _BY_FIRST_WORD if word in words), None)
    return (known(s) if known is not None else None) or _headed(s) or _training(s)


def _function(s: BrokenStatement) -> Foreign:
    """`def forward(self, x):`, `function f(x) {`."""
    why, name = f"`{s.text(0)}` defines nothing here", s.text(1) if s.kind(1) == "NAME" else "NAME"
    if name in ("forward", "__init__", "call", "build"):
        found = in_words(s.source, s.tokens[-1].span.end) if name in ("forward", "call") else ""
        return Foreign(why, found or "what is computed is the chain: `conv1: Conv(64) - fc: FC(10)`", s.span(0))
    header = f"{name}{s.written(2, s.closing(2))}" if s.kind(2) == "LPAR" else name
    advice = f"write `block {header} {{` … `}}`; a chain alone is `macro {header} = …`, a value `fn {header} = …`"
    return Foreign(why, advice, s.span(0))


def _class(s: BrokenStatement) -> Foreign | None:
    """`class Net {`."""
    if s.kind(1) != "NAME":
        return None
    start = s.span(0).start
    forward = re.compile(r"\n[ \t]+def (?:forward|call|__call__)\([^)]*\)[^:\n]*:").search(s.source.text, start)
    terms = flow(s.source, forward.end()) if forward is not None else ""
    made = re.compile(r"def __init__\(self,?\s*([^)]*)\)").search(s.source.text, start)
    given = re.sub(r"\s*:\s*\w+", "", made[1]) if made is not None else ""
    advice = f"write `model {s.text(1)} {{ … }}`, or `block {s.text(1)} {{ … }}` for a part"
    if forward is not None:
        head = f"{s.text(1)}({given})" if given else s.text(1)
        advice = f"write `block {head} {{ {terms or '…'} }}`, with what its `forward` computes"
    edits = (s.replaced(0, 0, "model"),) if s.kind(s.last) == "BODY" else ()
    return Foreign("there is no `class`", advice, s.span(0), edits)


def _model(s: BrokenStatement) -> Foreign | None:
    """`network n {`, `module Block {`."""
    if s.kind(1) != "NAME":
        return None
    if s.kind(s.last) == "BODY" and not _has_input(s):
        return _unknown(s, "write `block`: a part of a network; a `model` has an `input`", "block")
    return _unknown(s, "write `model`", "model")


def _constant(s: BrokenStatement) -> Foreign | None:
    """`const n = 3`."""
    if (s.kind(1), s.kind(2)) != ("NAME", "ASSIGN"):
        return None
    return _unknown(s, f"a value is named with `let`: `let {s.written(1, s.last)}`", "let")


def _loop(s: BrokenStatement) -> Foreign:
    """`while n > 0 {`."""
    advice = "`for i in range(3) { … }` and `[ … ]x3` repeat, `if` chooses"
    return Foreign(f"there is no `{s.text(0)}`", advice, s.span(0))


def _elif(s: BrokenStatement) -> Foreign:
    """`elif n > 0 {`."""
    advice = "write `else if`, after the `}` of the `if`"
    return Foreign(f"there is no `{s.text(0)}`", advice, s.span(0), (s.replaced(0, 0, "else if"),))


def _of_program(s: BrokenStatement) -> Foreign:
    """`assert n > 0`, `assert params < 12M`, `raise ValueError`."""
    if _COUNTS & set(s.texts) and (expected := _edit(s)) is not None:
        return expected
    advice = "leave it out; what a network has to be is said by `expect` in a variant"
    if s.text(0) == "with":
        advice = "leave the line out, and the indentation of those below it"
        if "arg_scope" in s.texts:
            advice = f"{advice}; what layers have in common is a statement: `default Conv(bias=false)`"
        end = s.kinds.index("COLON") if "COLON" in s.kinds else s.last
        names = tuple(re.findall(r"(?m)^[ \t]+(\w+)[ \t]*=(?!=)", s.source.text[s.span(end).end :]))
        edits = (s.replaced(0, end, ""),)
        return Foreign("no statement begins with `with`", advice, s.span(0), edits, names=names)
    return Foreign(f"no statement begins with `{s.text(0)}`", advice, s.span(0), (s.replaced(0, s.last, ""),))


def _edit(s: BrokenStatement) -> Foreign | None:
    """`delete fc`, `lock layer1`."""
    if s.kind(1) != "NAME":
        return None
    new = _EDITS[s.text(0)]
    if new.endswith("after") and s.text(1)[0].isupper():
        advice = f"write `insert after PATH: {s.written(1, s.last)}`, with the path of the module before it"
        return _unknown(s, advice, "")
    return _unknown(s, f"write `{new} {s.written(1, s.last)}`", new)


def _renamed(s: BrokenStatement) -> Foreign | None:
    """`rename fc: head`."""
    if s.kind(1) != "NAME":
        return None
    at = next((i for i in range(2, s.last) if s.kind(i) in ("COLON", "ASSIGN", "GT") or s.text(i) in ("to", "as")), 0)
    old, new = s.written(1, at - 1).rstrip(" -"), s.written(at + 1, s.last)
    if not at or not re.fullmatch(r"[\w.]+", old) or not re.fullmatch(r"\w+", new):
        return None
    advice = f"a label renames what is put in its place: `replace {old}: {new}: FC(10)`"
    return _unknown(s, advice, "")


def _output(s: BrokenStatement) -> Foreign:
    """`output x`, `result A - FC(10)`."""
    advice = "what the last chain gives is the output; `return a, b` gives several"
    return _headed(s) or _unknown(s, advice, "return" if "(" in s.written(1, s.last) else "")


def _switch(s: BrokenStatement) -> Foreign:
    """`switch (depth) { case 18: A }`, `match depth {`."""
    what = s.written(2, s.closing(1) - 1) if s.kind(1) == "LPAR" else s.text(1)
    case = next((s for s in re.findall(r"\bcase\s+([^:{]*[^:{\s])", s.source.snippet(s.span(0, s.last)))), "…")
    advice = f"write `if ({what} == {case}) {{ … }} else if (…) {{ … }} else {{ … }}`"
    return Foreign(f"there is no `{s.text(0)}`", advice, s.span(0))


def _training(s: BrokenStatement) -> Foreign | None:
    """`loss CrossEntropy`, `optimizer Adam(lr=0.1)`."""
    advice = of_training(s.text(0))
    if not advice:
        return None
    return Foreign(f"no statement begins with `{s.text(0)}`", advice, s.span(0), (s.replaced(0, s.last, ""),))


def _made_for_training(s: BrokenStatement) -> Foreign | None:
    """`optimizer = torch.optim.Adam(m.parameters())`."""
    advice = of_training(s.text(0)) if (s.kind(0), s.kind(1)) == ("NAME", "ASSIGN") and "DOT" in s.kinds else ""
    if not advice:
        return None
    return Foreign(f"`{s.text(0)}` is no part of a network", advice, s.span(0), (s.replaced(0, s.last, ""),))


def _object(s: BrokenStatement) -> Foreign | None:
    """`{"type": "Conv", "filters": 64}`: a layer in JSON."""
    last = s.closing(s.at) if s.kind(s.at) == "LBRACE" else s.at
    body = s.source.snippet(s.span(s.at, last)) if s.kind(s.at) in ("BODY", "LBRACE") else ""
    pairs = re.findall(r"[\"'](\w+)[\"']\s*:\s*(\"[^\"]*\"|[\d.]+|true|false)", body)
    kind = next((text.strip('"') for name, text in pairs if name in ("type", "layer", "op", "class_name")), "")
    if not kind:
        return None
    rest = tuple((name, text) for name, text in pairs if text.strip('"') != kind and name != "name")
    meant = meaning(kind, rest)
    text = meant.text if meant is not None and meant.text else rewritten(kind, *known_arguments(kind, rest))
    place = s.span(s.at)
    listed = s.kind(s.at - 1) == "LSQB" and s.at > 0
    if listed and (whole := chain("JSON", s.source.snippet(s.span(s.at - 1, s.closing(s.at - 1))))):
        edits = (s.replaced(s.at - 1, s.closing(s.at - 1), whole),)
        return Foreign("braces hold no layer", f"write `{whole}`", place._replace(end=place.start + 1), edits)
    edits = (s.replaced(s.at, s.at, text),)
    return Foreign("braces hold no layer", f"write `{text}`", place._replace(end=place.start + 1), edits)


def _output_shape(s: BrokenStatement) -> Foreign | None:
    """`output: 10`, `outputs: 1x28x28`."""
    if s.text(0) not in _OUTPUTS or s.kind(1) != "COLON" or s.kind(2) not in ("NUMBER", "SHAPE") or s.last != 2:
        return None
    advice = "leave it out: what comes out follows from the layers, the last of which may be `FC(10)`"
    return Foreign(f"`{s.text(0)}` says nothing here", advice, s.span(0, 2), (s.replaced(0, 2, ""),))


def _of_main(s: BrokenStatement) -> Foreign | None:
    """`if __name__ == "__main__":`."""
    if s.kind(0) != "IF" or s.text(1) != "__name__":
        return None
    start = s.span(0).start
    rest = re.match(r"[^\n]*(\n[ \t]+[^\n]*|\n[ \t]*(?=\n[ \t]))*", s.source.text[start:])
    place = s.span(0)._replace(end=start + (rest.end() if rest else 0))
    advice = "leave it and its lines out: a spec runs nothing, `archc count` and `archc verify` do"
    return Foreign("a spec is no program", advice, s.span(0, s.last), (Edit(place, ""),), opens="body")


def _results(s: BrokenStatement) -> Foreign | None:
    """`return {"out": x, "aux": y}`: results with names."""
    if s.kind(0) != "RETURN" or s.kind(1) not in ("BODY", "LBRACE") or s.at != 1:
        return None
    closing = 1 if s.kind(1) == "BODY" else s.closing(1)
    pairs = re.findall(r"[\"'](\w+)[\"']\s*:\s*([A-Za-z_]\w*)", s.written(1, closing))
    if not pairs:
        return None
    text = f"return {', '.join(tensor for _, tensor in pairs)}"
    why = "results are listed: each has the name of its tensor"
    return Foreign(why, f"write `{text}`", s.span(1)._replace(end=s.span(1).start + 1), (s.replaced(0, closing, text),))


def _same_line(s: BrokenStatement) -> Foreign | None:
    """`replace fc: FC(5) freeze all`: two statements on a line."""
    word = s.text(s.at)
    if s.kinds[:2] == ["INPUT", "SHAPE"] and s.at == 2 and s.kind(2) in _STARTS and not s.begins_line(2):
        edit = Edit(s.span(1)._replace(start=s.span(1).end, end=s.span(2).start), "\n  ")
        return Foreign("a statement ends with its line", f"begin a line before `{word}`", s.span(2), (edit,))
    if word not in _STATEMENTS or not s.at or s.depth(s.at) or s.begins_line(s.at):
        return None
    edit = Edit(s.span(s.at)._replace(end=s.span(s.at).start), "\n")
    return Foreign("a statement begins on a line of its own", f"begin a line before `{word}`", s.span(s.at), (edit,))


def _layer(s: BrokenStatement) -> Foreign | None:
    """`layer conv1 = Conv(64)`."""
    if (s.kind(1), s.kind(2)) != ("NAME", "ASSIGN"):
        return None
    advice = f"a layer is named where it stands: `{s.text(1)}: {s.written(3, s.last)}`"
    return Foreign("there is no `layer`", advice, s.span(0))


def _headed(s: BrokenStatement) -> Foreign | None:
    """`modul Net {`: an unknown word before a name and a body."""
    if (
        s.text(0) in ("if", "for")
        or (s.kind(1), s.kind(s.last)) != ("NAME", "BODY")
        or s.kind(2) not in ("BODY", "LPAR")
    ):
        return None
    new = "model" if _has_input(s) else "block"
    return _unknown(s, f"write `{new}`", new)


def _unknown(s: BrokenStatement, advice: str, instead: str) -> Foreign:
    """A first word with another one to write in its place, if that is known."""
    edits = (s.replaced(0, 0, instead),) if instead else ()
    return Foreign(f"no statement begins with `{s.text(0)}`", advice, s.span(0), edits)


def _has_input(s: BrokenStatement) -> bool:
    """Whether the body of a definition has an input, as a model's has."""
    return re.search(r"\binput\b", s.source.snippet(s.span(s.last))) is not None


_BY_FIRST_WORD: tuple[tuple[Collection[str], Callable[[BrokenStatement], Foreign | None]], ...] = (
    (_DEFINES, _function),
    (("class",), _class),
    (_MODELS, _model),
    (_VALUES, _constant),
    (_LOOPS, _loop),
    (ELSE_IF, _elif),
    (_OF_PROGRAMS, _of_program),
    (_EDITS, _edit),
    (("rename",), _renamed),
    (_OUTPUTS, _output),
    (("layer",), _layer),
    (("switch", "match", "select", "case"), _switch),
)


def _default(s: BrokenStatement) -> Foreign | None:
    """`default bias=false`, `default Conv.bias = false`, `init kaiming_normal`: what it is about comes first."""
    edits: tuple[Edit, ...]
    if s.kind(0) == "DEFAULT" and s.kind(1) == "NAME":
        named = s.kind(2) == "DOT" and s.kinds[3:5] == ["NAME", "ASSIGN"]
        at = 3 if named else 1
        if s.kind(at + 1) == "ASSIGN":
            text = f"{s.text(1) if named else 'Conv'}({s.text(at)}={s.written(at + 2, s.last)})"
            edits = (s.replaced(1, s.last, text),)
            return Foreign(
                "a `default` is a layer with its arguments", f"write `default {text}`", s.span(1, s.last), edits
            )
        if s.kind(2) in ("COLON", "ASSIGN"):
            text = f"{s.text(1)}({s.written(3, s.last)})"
            edits = (s.replaced(1, s.last, text),)
            return Foreign("a `default` is a layer with its arguments", f"write `default {text}`", s.span(2), edits)
    if s.kind(0) == "INIT" and "ASSIGN" not in s.kinds[1:3] and s.kind(1) == "NAME":
        skip = 2 if s.kind(2) in ("COLON", "MINUS") or s.text(2) in ("with", "by", "as", "to") else 1
        skip += skip == 2
        kind = s.text(1) if skip > 1 else "Conv"
        text = f"init {kind} = {s.written(skip, s.last)}"
        edits = (s.replaced(0, s.last, text),) if skip > 1 else ()
        return Foreign("an `init` is a layer and how its weights start", f"write `{text}`", s.span(1, s.last), edits)
    return None


def _input(s: BrokenStatement) -> Foreign | None:
    """`input` with a shape that is not written as one."""
    if s.text(0) != "input" or s.kind(0) not in ("INPUT", "NAME"):
        return None
    if s.kind(s.at) == "MINUS" and s.kind(1) == "SHAPE":
        if s.begins_line(s.at):
            return None
        edit = Edit(s.span(s.at)._replace(start=s.tokens[s.at - 1].span.end), "\n ")
        advice = f"write `{s.written(0, 1)}` on a line of its own, and the chain on the next"
        return Foreign("`-` cannot follow the shape of an `input`", advice, s.span(s.at), (edit,))
    numbers = [
        n
        for kind, text in zip(s.kinds[1:], s.texts[1:], strict=True)
        if kind in ("NUMBER", "SHAPE", "BAD_NUMBER")
        for n in re.findall(r"\d+", text)
    ]
    if {"DSLASH", "FROM", "BODY"} & set(s.kinds[1:]):
        return None
    if s.kind(1) == "STRING" and s.kind(2) == "COLON":
        word = "_".join(re.findall(r"[A-Za-z0-9]+", s.text(1)))
        text = f"input {word}: {s.written(3, s.last)}"
        why = "the name of an input is a word: a tensor has it"
        return Foreign(why, f"write `{text}`", s.span(1), (s.replaced(1, 1, word),), names=(word,))
    if s.kind(1) == "SHAPE" and s.kind(2) == "COMMA":
        return Foreign("the shape is all that follows `input`", "leave the `,` out", s.span(2), (s.replaced(2, 2, ""),))
    if square := re.search(r"(\d+)\u00b2\s*[x\u00d7*]\s*(\d+)|(\d+)\s*[x\u00d7*]\s*(\d+)\u00b2", s.written(1, s.last)):
        side, channels = (square[1], square[2]) if square[1] else (square[4], square[3])
        numbers = [channels, side, side]
    if not 2 <= len(numbers) <= 4 or any(map(s.begins_line, range(1, len(s.tokens)))):
        return None
    shape = as_shape(numbers)
    if s.kind(1) in ("COLON", "ASSIGN"):
        why = f"`input` is followed by its shape, without `{s.text(1)}`"
        place = s.span(1)
    else:
        why, place = f"`{s.written(1, s.last)}` is no shape", s.span(1, s.last)
    advice = f"a shape is numbers with `x` between them: `input {shape}`"
    names = (s.text(1),) if s.kind(1) == "NAME" and s.kind(2) in ("COLON", "ASSIGN") else ()
    return Foreign(why, advice, place, (s.replaced(0, s.last, f"input {shape}"),), names=names)


def _dash(s: BrokenStatement) -> Foreign | None:
    """A `-` before the first term of a chain."""
    after_input = s.kind(0) in ("INPUT", "LET") and s.begins_line(s.at)
    two = s.kinds[s.at : s.at + 3] == ["MINUS", "MINUS", "NAME"]
    is_comment = two and s.touch(s.at) and not s.touch(s.at + 1)
    if s.kind(s.at) == "MINUS" and (s.at == 0 or after_input) and not is_comment:
        if s.kind(s.at + 1) == "NUMBER" and s.kind(s.at + 2) in ("PLUS", "STAR"):
            return _negative(s)
        return Foreign(
            "the first term of a chain has no `-` before it",
            "leave the `-` out",
            s.span(s.at),
            (s.replaced(s.at, s.at, ""),),
            within="body",
        )
    return None


def _negative(s: BrokenStatement) -> Foreign:
    """`-0.5 + in - ReLU`: arithmetic that begins with a negative number."""
    last = s.at + 3
    while s.kind(last + 1) in ("PLUS", "STAR", "SLASH"):
        last += 2
    last = s.closing(last) if s.kind(last) == "LPAR" else last
    text = f"({s.written(s.at, last)})"
    why = "a line that begins with `-` continues the one before"
    return Foreign(why, f"write `{text}`", s.span(s.at), (s.replaced(s.at, last, text),))


IDIOMS = (
    *imports.IDIOMS,
    _made_for_training,
    _object,
    _first_word,
    _output_shape,
    _of_main,
    _results,
    _same_line,
    _default,
    model,
    name,
    *BODIES,
    variant,
    *DEFINITIONS,
    else_if,
    _input,
    *members.IDIOMS,
    value,
    end,
    _dash,
)
