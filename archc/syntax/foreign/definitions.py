"""Idioms of definitions: names, parameters, what follows them, and values named without `let`."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.table import folded, table
from archc.syntax.foreign.statement import BrokenStatement, Foreign

_TYPES = frozenset("int float bool str string list tuple number num double var let const tensor any optional".split())
HEADED = {"MODEL": "model", "BLOCK": "block", "VARIANT": "variant"}
"""The words that begin a definition with a body."""


def name(s: BrokenStatement) -> Foreign | None:
    """A definition whose name is none, or whose parameters are not in parentheses or have types."""
    if s.kind(0) not in (*HEADED, "MACRO", "FN", "LET") or s.kind(0) == "VARIANT":
        return None
    if s.kind(1) != "NAME":
        return _no_name(s)
    return next((found for idiom in _NAMED if (found := idiom(s)) is not None), None)


def _no_name(s: BrokenStatement) -> Foreign | None:
    """`model "ResNet-18" {`, `block {`."""
    if s.at != 1 or s.kind(1) not in ("STRING", "BODY", "LBRACE", "BAD_NUMBER"):
        return None
    word, plain = s.text(0), re.sub(r"\W+", "_", s.text(1).strip('"')).strip("_").lstrip("0123456789_") or "net"
    edits = (s.replaced(1, 1, plain),) if s.kind(1) in ("STRING", "BAD_NUMBER") else ()
    return Foreign(f"a {word} has a name of letters, digits and `_`", f"write `{word} {plain}`", s.span(1), edits)


def _hyphens(s: BrokenStatement) -> Foreign | None:
    """`model resnet-18 {`."""
    if s.at != 2 or s.kind(2) != "MINUS":
        return None
    last = 3
    while s.touch(last) and s.kind(last + 1) in ("MINUS", "NAME", "NUMBER"):
        last += 1
    plain = s.written(1, last).replace("-", "_")
    edits = (s.replaced(1, last, plain),)
    return Foreign("names have no `-`", f"write `{s.text(0)} {plain}`", s.span(1, last), edits)


def _spaces(s: BrokenStatement) -> Foreign | None:
    """`model my net {`, `block B c, s {`."""
    is_word = s.kind(2) == "NAME" and s.text(2) not in ("do", "begin", "is", "then", "with", "where")
    if s.at != 2 or not is_word or s.kind(0) not in ("MODEL", "BLOCK", "MACRO", "FN"):
        return None
    last = 2
    while s.kind(last + 1) in ("NAME", "COMMA"):
        last += 1
    place, listed = s.span(2, last), s.written(2, last)
    if s.kind(0) == "MODEL":
        joined = "_".join(t for t in s.texts[1 : last + 1] if t != ",")
        return Foreign("a name is one word", f"write `model {joined}`", place, (s.replaced(1, last, joined),))
    text = f"{s.text(1)}({', '.join(t for t in s.texts[2 : last + 1] if t != ',')})"
    advice = f"write `{s.text(0)} {text}{' {' if s.kind(s.last) == 'BODY' else ''}`"
    return Foreign(f"parameters go in parentheses, not `{listed}`", advice, place, (s.replaced(1, last, text),))


def _body_in_parentheses(s: BrokenStatement) -> Foreign | None:
    """`model m (`, and the body from the next line on."""
    if s.text(0) != "model" or s.kind(2) != "LPAR" or not s.begins_line(3) or s.at <= 2:
        return None
    closing = s.closing(2)
    edits = (s.replaced(2, 2, "{"), s.replaced(closing, closing, "}"))
    advice = f"write `model {s.text(1)} {{` and close it with `}}`"
    return Foreign("a model's body goes in braces, not in parentheses", advice, s.span(2), edits)


def _over(s: BrokenStatement) -> Foreign | None:
    """`block B(c) over a, b {`."""
    if s.kind(s.at - 1) != "OVER" or s.kind(s.at) not in ("NAME", "STAR"):
        return None
    last = s.at
    while s.kind(last + 1) in ("NAME", "COMMA", "STAR"):
        last += 1
    text = f"({s.written(s.at, last)})"
    edits = (s.replaced(s.at, last, text),)
    why = "the tensors that a block reads stand in parentheses"
    return Foreign(why, f"write `{s.written(0, s.at - 1)} {text} {{`", s.span(s.at, last), edits)


def _two_names(s: BrokenStatement) -> Foreign | None:
    """`block B(c s)`, `block B(int c)`: a parameter after another, or after a type."""
    at = s.at
    if not s.depth(at) or s.kind(at) != "NAME" or s.kind(at - 1) != "NAME":
        return None
    if s.text(at - 1).lower() not in _TYPES:
        text = s.written(1, at - 1) + ", " + s.written(at, s.closing(2))
        comma = Edit(s.span(at - 1)._replace(start=s.tokens[at - 1].span.end), ",")
        return Foreign("parameters are separated by `,`", f"write `{text}`", s.span(at), (comma,))
    types = [i for i in range(2, s.last) if s.kind(i) == s.kind(i + 1) == "NAME" and s.depth(i)]
    edits = tuple(Edit(s.span(i)._replace(end=s.tokens[i + 1].span.start), "") for i in types)
    return Foreign("parameters have no types", f"write `{s.text(at)}` alone", s.span(at - 1), edits)


def _in_two_braces(s: BrokenStatement) -> Foreign | None:
    """`block B {c, s} { … }`."""
    if s.kinds[2:4] != ["BODY", "BODY"] or s.last != 3:
        return None
    names = s.source.snippet(s.span(2)).strip("{} ")
    text = f"{s.text(1)}({names})"
    if not re.fullmatch(r"[\w\s,=.]+", names):
        return None
    advice, edits = f"write `{s.text(0)} {text} {{`", (s.replaced(1, 2, text),)
    return Foreign("parameters go in parentheses", advice, s.span(2), edits)


def _colon(s: BrokenStatement) -> Foreign | None:
    """`model m(rgb: 3x64x64)`, `block B(c: int)`: a colon behind a parameter."""
    if s.depth(s.at) and s.kind(s.at) == "COLON" and s.kind(s.at - 1) == "NAME" and s.kind(2) == "LPAR":
        return _inputs(s) or _typed(s)
    return None


def _inputs(s: BrokenStatement) -> Foreign | None:
    """`model m(rgb: 3x64x64, flow: 2x64x64) {`: inputs as parameters."""
    closing = s.closing(2)
    shapes = [i for i in range(3, closing) if s.kinds[i : i + 3] == ["NAME", "COLON", "SHAPE"]]
    if s.kind(0) != "MODEL" or not shapes or 4 * len(shapes) != closing - 2 or s.kind(closing + 1) != "BODY":
        return None
    lines = [f"input {s.text(i)}: {s.text(i + 2)}" for i in shapes]
    start = s.tokens[closing + 1].span.start
    inside = Edit(s.span(0)._replace(start=start, end=start + 1), "{\n  " + "\n  ".join(lines))
    edits = (s.replaced(2, closing, ""), inside)
    listed = ", ".join(f"`{line}`" for line in lines)
    why = "an input is a statement of the body, not a parameter"
    return Foreign(why, f"write `model {s.text(1)} {{`, and in it {listed}", s.span(3, closing - 1), edits)


def _typed(s: BrokenStatement) -> Foreign:
    """`B(c: int, s: int = 1)`: parameters with types."""
    closing = s.closing(2)
    parts: list[list[str]] = [[]]
    kept = True
    for index in range(3, closing):
        kind = s.kind(index)
        if kind == "COMMA" and s.depth(index) == 1:
            parts.append([])
            kept = True
        elif kind == "COLON" and s.depth(index) == 1 and s.kind(index + 1) in ("NUMBER", "TRUE", "FALSE", "NONE"):
            parts[-1].append("=")  # a default after the sign of a type
        elif kind == "COLON" and s.depth(index) == 1:
            kept = False
        elif kind == "ASSIGN" and s.depth(index) == 1:
            kept = True
            parts[-1].append("=")
        elif kept:
            parts[-1].append(s.text(index))
    text = f"{s.text(1)}({', '.join(map(''.join, parts))})"
    place = s.span(s.at, s.at + 1)
    is_result = s.kinds[closing + 1 : closing + 4] == ["MINUS", "GT", "NAME"] and s.kind(closing + 4) == "BODY"
    edits = (s.replaced(1, closing + 3 if is_result else closing, text),)
    head = f"{s.text(0)} {text} {{" if s.kind(s.last) == "BODY" and s.text(0) in ("block", "model") else text
    return Foreign("parameters have no types", f"write `{head}`", place, edits)


_NAMED = (_over, _hyphens, _spaces, _body_in_parentheses, _two_names, _in_two_braces, _colon)
"""The mistakes after the name of a definition, or in it."""


def model(s: BrokenStatement) -> Foreign | None:
    """`model m = Sequential([ … ])`, `model m = resnet50(pretrained=True)`: a model that is given."""
    if s.kind(0) != "MODEL" or s.kind(1) != "NAME" or s.kind(2) != "ASSIGN":
        return None
    words = {t.strip("\"'") for t in s.texts[3:]}
    shipped = {folded(n): n for n, (what, _) in table().shipped.items() if what == "variant"}
    base = next((shipped[folded(word)] for word in words if folded(word) in shipped), "")
    why = "a model has a body in braces, and is given nothing"
    if base:
        file = table().shipped[base][1]
        text = f'from "{file}" use {base}` and `variant {s.text(1)} = {base} {{ replace … }}'
        return Foreign(why, f"`{base}` is shipped: write `{text}`", s.span(2, s.last))
    body = "`input 3x224x224` `Conv(64) - ReLU - GAPool - FC(10)` `}`"
    advice = f"write `model {s.text(1)} {{` {body}, layers with `-` between"
    return Foreign(why, advice, s.span(2))


def _sign_of_let(s: BrokenStatement) -> Foreign | None:
    """`let n == 3`, `let n: 3`, `let n := 3`."""
    if s.kind(0) != "LET" or s.at != 2 or s.kind(2) not in ("EQ", "COLON"):
        return None
    if s.kinds[2:5] == ["COLON", "NAME", "ASSIGN"]:
        text = f"let {s.text(1)} = {s.written(5, s.last)}"
        return Foreign("values have no types", f"write `{text}`", s.span(2, 3), (s.replaced(0, s.last, text),))
    last = 3 if s.kind(2) == "COLON" and s.kind(3) == "ASSIGN" else 2
    why = f"a value is named with `=`, not with `{s.written(2, last)}`"
    edits = (Edit(s.span(2, last)._replace(start=s.tokens[1].span.end), " =", safe=True),)
    return Foreign(why, "write `=`", s.span(2, last), edits)


def _dictionary(s: BrokenStatement) -> Foreign | None:
    """`let config = {"width": 64}`."""
    if s.kind(0) != "LET" or s.kind(s.at) not in ("BODY", "LBRACE"):
        return None
    whole = s.span(s.at)
    place = whole._replace(end=whole.start + 1)
    why = "values are numbers, texts and lists: braces hold none"
    pairs = re.findall(r"[\"']?([A-Za-z_]\w*)[\"']?\s*[:=]\s*([\d.]+|\"\w*\")", s.source.snippet(whole))
    if pairs:
        listed = ", ".join(f"`let {name} = {value}`" for name, value in pairs)
        return Foreign(why, f"name each value: {listed}", place)
    return Foreign(why, "a list of pairs is `[(64, 3), (128, 5)]`", place)


def _lambda(s: BrokenStatement) -> Foreign | None:
    """`let f = lambda x: x * 2`."""
    if s.kind(0) != "LET" or "lambda" not in s.texts:
        return None
    at = s.texts.index("lambda")
    colon = next((i for i in range(at, len(s.kinds)) if s.kinds[i] == "COLON"), at)
    text = f"fn {s.text(1)}({s.written(at + 1, colon - 1)}) = {s.written(colon + 1, s.last)}"
    return Foreign("there is no `lambda`", f"write `{text}`", s.span(at), (s.replaced(0, s.last, text),))


def _no_sign(s: BrokenStatement) -> Foreign | None:
    """`macro CBR(c): Conv(c) - ReLU`, `fn f(x) return x * 2`: not behind `=`."""
    found = s.kind(s.at)
    is_value = found == "COLON" or (found == "NAME" and s.kind(s.at - 1) == "RPAR")
    if s.kind(0) not in ("MACRO", "FN") or s.depth(s.at) or not is_value:
        return None
    rest = s.at + 1 if found == "COLON" else s.at
    rest += s.text(rest) == "return"
    text = f"{s.written(0, s.at - 1)} = {s.written(rest, s.last)}"
    what = "a macro's chain" if s.kind(0) == "MACRO" else "the value of a `fn`"
    return Foreign(f"{what} goes after `=`", f"write `{text}`", s.span(s.at), (s.replaced(0, s.last, text),))


def _returned(s: BrokenStatement) -> Foreign | None:
    """`fn f(x) = return x * 2`."""
    if s.kind(0) not in ("MACRO", "FN") or "ASSIGN" not in s.kinds:
        return None
    after = s.kinds.index("ASSIGN") + 1
    returned = next((i for i in range(after, s.last) if s.text(i) == "return" and not s.depth(i)), 0)
    if not returned or s.kind(returned - 1) != "ASSIGN":
        return None
    edits = (Edit(s.span(returned)._replace(end=s.span(returned + 1).start), ""),)
    return Foreign("there is no `return` behind `=`", f"write `{s.after(edits)}`", s.span(returned), edits)


def _on_the_next_line(s: BrokenStatement) -> Foreign | None:
    """`macro CBR(c)`, and the chain on the next line."""
    if s.kind(0) != "MACRO" or s.kind(s.at) or s.kind(s.last) != "RPAR" or not (chain := _next_line(s)):
        return None
    text = f"{s.written(0, s.last)} = {chain}"
    end = s.tokens[-1].span.end
    edits = (Edit(s.span(0)._replace(end=s.source.text.index(chain, end) + len(chain)), text),)
    return Foreign("a macro's chain goes after `=`, on its line", f"write `{text}`", s.span(s.last), edits)


def _in_braces(s: BrokenStatement) -> Foreign | None:
    """`macro CBR(c) { … }`, `fn f(x) { return x * 2 }`."""
    if s.kind(0) not in ("MACRO", "FN") or s.kind(s.at) not in ("BODY", "LBRACE"):
        return None
    has_sign, is_macro = s.kind(s.at - 1) == "ASSIGN", s.kind(0) == "MACRO"
    inside = s.source.snippet(s.span(s.at)).strip("{} \n").removeprefix("return ")
    body = " ".join(inside.split()) if "\n" not in inside.strip() else "…"
    edits = (s.replaced(s.at, s.at, ("" if has_sign else "= ") + body),) if body != "…" else ()
    why = "a macro is a chain behind `=`" if is_macro else "a `fn` is an expression behind `=`"
    other = "; with braces it is a `block`" if is_macro else ""
    place = s.span(s.at)
    advice = f"write `{s.written(0, s.at - 1 - has_sign)} = {body}`{other}"
    return Foreign(why, advice, place._replace(end=place.start + 1), edits)


def _sign_of_block(s: BrokenStatement) -> Foreign | None:
    """`block B(c) = Conv(c) - ReLU`."""
    if s.kind(0) != "BLOCK" or s.kind(s.at) != "ASSIGN":
        return None
    header = s.written(1, s.at - 1)
    advice = f"write `block {header} {{ … }}`, or with `=` a macro: `macro {header} = …`"
    return Foreign("a block's body goes in braces", advice, s.span(s.at), (s.replaced(0, 0, "macro"),))


DEFINITIONS = (
    _sign_of_let,
    _dictionary,
    _lambda,
    _no_sign,
    _returned,
    _on_the_next_line,
    _in_braces,
    _sign_of_block,
)
"""A macro or `fn` with braces, a block with `=`, a `let` of a function."""


def _next_line(s: BrokenStatement) -> str:
    """What stands indented on the line behind a statement; empty where nothing does."""
    found = re.match(r"[ \t]*\n[ \t]+([A-Z(\[][^\n#]*)", s.source.text[s.tokens[-1].span.end :])
    return found[1].rstrip() if found else ""


def as_shape(numbers: list[str]) -> str:
    """Numbers as a shape, channels first: without a 1 for a batch, and with three channels that came last in front."""
    if len(numbers) == 4:
        numbers = numbers[1:]
    if len(numbers) == 3 and int(numbers[2]) <= 4 < int(numbers[0]):
        numbers = [numbers[2], *numbers[:2]]
    if len(numbers) == 2:
        numbers = [numbers[0], numbers[1], numbers[1]] if int(numbers[0]) <= 4 else ["3", *numbers]
    return "x".join(numbers)


def value(s: BrokenStatement) -> Foreign | None:
    """`width = 64`: a value that is named without `let`."""
    is_list = s.kind(2) == "LSQB" and s.kind(3) in ("NUMBER", "STRING", "LPAR", "LSQB", "MINUS")
    is_list = is_list or (s.kind(2) == "LPAR" and s.kind(3) == "NUMBER" and s.kind(4) == "COMMA")
    if s.kind(0) == "NAME" and s.kind(1) == "ASSIGN" and (s.kind(2) in ("NUMBER", "STRING", "SHAPE") or is_list):
        text = s.written(0, s.last)
        why = f"`=` gives names to tensors, and `{s.written(2, s.last)}` is a value"
        numbers = re.findall(r"\d+", s.written(2, s.last))
        if s.text(0) in ("input", "inputs", "input_shape", "shape", "input_size") and 2 <= len(numbers) <= 4:
            whole = f"input {as_shape(numbers)}"
            why = f"`{s.text(0)}` is not a value: declare the input with a statement"
            return Foreign(why, f"write `{whole}`", s.span(0, s.last), (s.replaced(0, s.last, whole),))
        return Foreign(why, f"a value is named with `let`: `let {text}`", s.span(2, s.last), (s.inserted(0, "let "),))
    if s.kinds[:4] == ["NAME", "ASSIGN", "NAME", "ASSIGN"] and s.kind(4) == "NAME":
        why, text = "a tensor gets one name", f"{s.text(0)} = {s.written(4, s.last)}"
        return Foreign(why, f"write `{text}`, and read it as `{s.text(0)}`", s.span(3), names=(s.text(0), s.text(2)))
    if s.text(s.at - 1) == "let" and s.at > 1:
        return Foreign(
            "`let` is not allowed inside a `for` or a chain",
            "put the value where it is used, such as `Conv(64 * 2**i)`",
            s.span(s.at - 1),
        )
    return None
