"""Every use of a name is bound or reported, whether or not its definition is called."""

from __future__ import annotations

import pytest

from archc.diagnostics.core import Diagnostic
from archc.diagnostics.source import Source
from archc.syntax import tree
from archc.syntax.walk import walk
from tests.resolve.specs import checked, said, symbols
from tests.support.shipped import FAMILIES
from tests.support.specs import SPECS

MODEL = "model m {{\n  input 3x8x8\n  {}\n}}\n"
TWO = [("E0101", "cc"), ("E0101", "Nope")]


def model(body: str) -> str:
    return MODEL.format(body)


@pytest.mark.parametrize(
    "text",
    [
        "block B(c) { Conv(cc) - Nope }\n",
        "block B(c) { Conv(cc) - Nope }\n" + model("Conv(3)"),
        "macro M(c) = Conv(cc) - Nope\n" + model("Conv(3)"),
        model("(Conv(cc) - Nope) if (false)\n  - Conv(3)"),
        model("Conv(3) if (true) else (Conv(cc) - Nope)"),
        model("if false { x = Conv(cc) - Nope }\n  Conv(3)"),
        model("if true { x = ReLU } else { x = Conv(cc) - Nope }\n  Conv(3)"),
        model("[Conv(cc) - Nope]x0 - Conv(3)"),
        model("for i in [] { Conv(cc) - Nope } - Conv(3)"),
        "model n(c) { input 3x8x8\n Conv(cc) - Nope }\n" + model("Conv(3)"),
        "block B(c) { Conv(cc) - Nope }\n" + model(" - ".join(["B(4)"] * 20)),
    ],
    ids=[
        "alone", "uncalled", "macro", "guard", "else of a guard", "if", "else", "no turns", "no rows", "model",
        "twenty calls",
    ],
)  # fmt: skip
def test_two_unknown_names_are_two_errors(text: str) -> None:
    assert said(text) == TWO


def test_in_the_target_of_an_import_that_is_not_used() -> None:
    text = 'from "lib.arch" use Good\n' + model("Conv(3)")
    assert said(text, lib="block Good(c) { Conv(c) }\nblock Bad(c) { Conv(cc) - Nope }\n") == TWO


def test_help_in_an_uncalled_block_is_that_of_a_called_one() -> None:
    def told(call: str) -> list[Diagnostic]:
        return list(checked("block B(width) { Conv(widht) - Covn(3, strid=2) }\n" + model(call)).diagnostics)

    uncalled, called = told("ReLU"), told("B(3)")
    assert [d.help for d in uncalled] == ["did you mean `width`?", "did you mean `Conv`?"]
    assert called == uncalled


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("fn f(x) = y + g(x)", [("E0101", "y"), ("E0101", "g")]),
        ("fn f(x, n) = x\nlet a = f(1)", [("E0105", "f(1)")]),
        ("fn f(x) = x\nblock B { Conv(f(1, 2)) }", [("E0104", "2")]),
        ("block B { Conv(min(a=1)) }", [("E0103", "a")]),
        ("block B { Conv(8, strid=2, kernl=3) }", [("E0103", "strid")]),  # which names both
        ("block B { ReLU(8) }", [("E0104", "8")]),
        ("block B { Conv(8, channels=9) }", [("E0106", "channels=9")]),
        ("block B { Chunk }", [("E0201", "Chunk")]),
        ("block A(c) { Conv(c) }\nblock B { A }", [("E0105", "A")]),
        ("block A(c) { Conv(c) }\nblock B { A(1, 2) - A(d=1) }", [("E0104", "2"), ("E0103", "d")]),
        ("block B { let n = 1\n let n = 2\n Conv(n) }", [("E0102", "n")]),
        ("block B(n) { let n = 2\n Conv(n) }", [("E0102", "n")]),
        ("block B(n) { for n in [1] { Conv(n) } }", [("E0102", "n")]),
        ("block B { let self = 2\n Conv(2) }", [("E0114", "self")]),
        ("block B { let n = 3\n Conv(8) - n }", [("E0108", "n")]),
        ("fn f(x) = x\nblock B { f(1) - Conv(3) }", [("E0108", "f")]),
        ("block B { x = Conv(8)\n Conv(x) }", [("E0202", "x")]),
        ("block B(c) { Conv(c.channels) }", [("E0202", "c")]),
        ("block B { Conv(in.chanels) }", [("E0101", "chanels")]),
        ("block B { Conv(y.channels) }", [("E0101", "y")]),
        ("block B { Conv(8) - in }", [("E0407", "in")]),
        ("block B { x = Conv(8)\n Conv(8) - x }", [("E0407", "x")]),
        ("block B over (a, b) { return in, b }", [("E0405", "in")]),
        ("block B over (a, b) { Conv(in.channels) - Concat }", [("E0405", "in")]),
        ("block B { forward: Conv(8) }", [("E0113", "forward:")]),
        ('block B { for i in [1] { "a*{i}": Conv(8) } }', [("E0113", '"a*{i}":')]),
        ('block B { "a..b": Conv(8) }', [("E0113", '"a..b":')]),
        ('block B { "a.keys": Conv(8) }', [("E0113", '"a.keys":')]),
        ('block B { a: Conv(8) - "a.0": Conv(8) }', [("E0112", '"a.0":')]),
        ('block B { "a.0.b": Conv(8) - "a.0": Conv(8) }', [("E0112", '"a.0":')]),
        ('block B { "a.0": Conv(8) - "a.1": Conv(8) - "a-0": Conv(8) - "lambda": Conv(8) - _x: Conv(8) }', []),
        ("block B { a: Conv(8) - a: Conv(8) }", [("E0112", "a:")]),
        ("block B { add { a: Conv(8) | a: Conv(8) } }", [("E0112", "a:")]),
        ("block B { Conv(8)\n Conv(9) }", [("E0403", "Conv(8)")]),
        ("block B { x = Conv(8) }", [("E0402", "B")]),
        ("block B { input 3x8x8\n ReLU }", [("E0408", "input 3x8x8")]),
        ("block B { default Covn(bias=false)\n ReLU }", [("E0101", "Covn")]),
        ("block B { default Conv(bais=false)\n ReLU }", [("E0103", "bais")]),
        ("model m(c) { input 3x8x8\n init Conv = kaiming\n Conv(c) }", [("E0101", "kaiming")]),
        ("model m(c) { input 3x8x8\n Conv(c) }\nvariant v = m", [("E0105", "m")]),
        ("model m(c) { input 3x8x8\n Conv(c) }\nvariant v = m(3) { expect parms == 1 }", [("E0101", "parms")]),
        ("model m { input 3x8x8\n c: Conv(3) }\nvariant v = m { replace c: Covn(4) }", [("E0101", "Covn")]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_definition(text: str, wanted: list[tuple[str, str]]) -> None:
    """Each of these is an error whether or not the definition is ever expanded."""
    assert said(text + "\n") == wanted
    if not text.startswith("model"):
        assert said(text + "\n" + model("Conv(3)")) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "block B(act) { Conv(8) - act - act(3) }",  # a parameter may be a layer
        "block B { let act = ReLU\n Conv(8) - act }",
        "block B(k) { let act = ReLU if k else SiLU\n Conv(8) - act }",
        "block B(a) { if a { let n = 1 } else { let n = 2 }\n Conv(n) }",
        "block B(a) { if a { x = ReLU } else { x = SiLU }\n x - Conv(8) }",
        "block B(a) { (c: Conv(8)) if (a) else (c: Conv(9)) }",
        "block B { a: (c: Conv(8)) - b: (c: Conv(9)) }",
        "block B(act) { FC(act) }\nblock C { FC(SM) - FC(10, SM) }",
        "default Dropout(p=0.5)\nblock B { Dropout }",
        "block B { default Chunk(n=2)\n Chunk - Concat }",
        "block B { Conv - FC - Incept }",  # what a lecture leaves out
        "block B over (a, b) { add { a | b - Conv(in.channels) } }",
        "macro M = Conv(in.channels)\nblock B over (a, b) { a - M }",
        "block B(c=in.channels) { Conv(c) }",
        "let a = 3\nblock B { a = Conv(a)\n a - ReLU }",
        "model m(c) { input 3x8x8\n Conv(c) }\nvariant v = m(3)\nvariant w = v { expect params > 1 and depth == 1 }",
        "block B(c) { [ReLU]xc as k - [ReLU]xc as k }",
    ],
)
def test_what_a_call_may_make_right_is_no_error(text: str) -> None:
    assert said(text + "\n") == []


def test_a_statement_that_cannot_be_read_leaves_no_echo() -> None:
    assert said("block B {\n  x = Conv(8 - \n  x - lost\n}\nblock C { x = ) ReLU\n x - ReLU }\n")[0][0].startswith(
        "E00"
    )
    assert [code for code, _ in said("let n = )\nblock B { Conv(n) }\n")] == ["E0004"]


def test_an_import_that_fails_leaves_no_echo() -> None:
    assert said('from "nowhere.arch" use A, f\nblock B { A(f(3)) }\n') == [("E0109", '"nowhere.arch"')]
    lib = "block Unit(c) { Conv(c) }\n"
    assert said('from "lib.arch" use Unti\nblock B { Unti(3) - Unit(4) }\n', lib=lib) == [("E0101", "Unti")]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_name_of_the_shipped_specs_is_bound(name: str) -> None:
    text = (SPECS / f"{name}.arch").read_text(encoding="utf-8")
    found = symbols(text)
    assert not found.unresolved
    file = _parsed(text)
    places = {r.span for r in found.references} | {d.span for d in found.definitions}
    codes = {id(code) for d in file.declarations if isinstance(d, tree.Allow) for code in d.codes}
    for node in (n for n, _ in walk(file) if id(n) not in codes):
        span = {tree.Use: "name_span", tree.Name: "span", tree.CallExpression: "function_span"}.get(type(node))
        assert span is None or getattr(node, span) in places, node


def _parsed(text: str) -> tree.File:
    from archc.diagnostics.core import Reporter
    from archc.syntax.parser import parse

    return parse(Source("test.arch", text), Reporter())


@pytest.mark.parametrize(
    ("call", "ways"),
    [
        ("Conv(c, 3, kernel=5)", "`Conv(c, 3)`, or `Conv(c, 5)`"),
        ("Conv(c, 3, 2, kernel=5)", "`Conv(c, 3, 2)`, or `Conv(c, 5, 2)`"),
        ("Conv(c, kernel=3, kernel=5)", "`Conv(c, kernel=3)`, or `Conv(c, kernel=5)`"),
        ("Conv(c, kernel=3, kernel=3)", "`Conv(c, kernel=3)`"),
    ],
)
def test_an_argument_given_twice_is_offered_with_each_of_its_values(call: str, ways: str) -> None:
    (told,) = checked(f"block B(c) {{ {call} }}\n").diagnostics
    assert told.help == f"give it once: {ways}"
    assert [label.text for label in told.labels] == ["first given here"]


@pytest.mark.parametrize(
    ("value", "near"), [("ReLUU", "ReLU"), ("Gelou", "GELU"), ("CBRR", "CBR"), ("Sigmod", "Sigmoid")]
)
def test_a_misspelt_layer_is_known_as_a_value_too(value: str, near: str) -> None:
    text = "macro CBR(c) = Conv(c) - ReLU\nblock B(act, c) { Conv(c) - act }\n"
    (told,) = checked(f"{text}block C(c) {{ B({value}, c) }}\n").diagnostics
    assert told.help == f"did you mean `{near}`?"


def test_variants_in_a_circle() -> None:
    result = checked("variant a = b {}\nvariant b = a {}\nvariant c = c {}\n" + model("Conv(3)"))
    assert [d.problem.message() for d in result.diagnostics] == [
        "`b` is built on this variant, not on a model",
        "`a` is built on this variant, not on a model",
        "`c` is this variant itself, not a model or variant",
    ]


@pytest.mark.parametrize("name", ["half", "type", "training", "forward", "parameters"])
@pytest.mark.parametrize("term", ["ReLU", "(Conv(8) - BN)", "[Conv(8)]x2"])
def test_a_shared_module_has_no_name_of_torch_s_own(name: str, term: str) -> None:
    text = f"model m {{\n  input 8x8x8\n  shared {name}: {term}\n  {name} - {name}\n}}\n"
    assert [d.code for d in checked(text).diagnostics] == ["E0113"]
