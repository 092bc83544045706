"""The places of errors: the error is at «this», and there is no other."""

from __future__ import annotations

import re

import pytest

from archc.diagnostics.core import Severity
from tests.support.specs import checked, in_model


def marked(text: str) -> tuple[str, list[str]]:
    """A spec without its marks, and the text between them."""
    return re.sub("[«»]", "", text), re.findall("«(.*?)»", text, re.DOTALL)


def told(text: str) -> list[tuple[str, str]]:
    """The codes of the errors, with the text at their places."""
    return [
        (d.code, text[d.span.start : d.span.end]) for d in checked(text).diagnostics if d.severity is Severity.ERROR
    ]


U = (
    "block U(c, s=1) { Conv(c, 3, s) - BN }\nmacro M(c) = Conv(c) - BN\nfn f(n) = n\n"
    "block Two() over (a, b) { return add { a | b }, a }\n"
)

CHAINS = (
    ("E0101", "«Convv»(4)"),
    ("E0101", "ReLU - «nope» - BN"),
    ("E0101", "Conv(«nope»)"),
    ("E0101", "Conv(in.«chanels»)"),
    ("E0101", "Conv(«nope».channels)"),
    ("E0202", "FC(4) - add { in | FC(«in.height») }"),
    ("E0103", "Conv(4, «strid»=2)"),
    ("E0104", "ReLU(«1»)"),
    ("E0106", "Conv(4, «channels=5»)"),
    ("E0201", "Conv(«0»)"),
    ("E0201", "Conv(4, «3x0»)"),
    ("E0201", "Conv(4, bias=«1»)"),
    ("E0105", "«U»"),
    ("E0104", "U(4, 2, «3»)"),
    ("E0103", "U(4, «t»=3)"),
    ("E0105", "«M»"),
    ("E0202", "[ReLU]x«(-1)»"),
    ("E0202", "[ReLU]x«true»"),
    ("E0202", "[ReLU]x«2.0»"),
    ("E0202", "for i in «3» { ReLU }"),
    ("E0202", "for «(i, j)» in [(1, 2), (1, 2, 3)] { ReLU }"),
    ("E0202", "for «i, j» in [1, 2] { ReLU }"),
    ("E0112", "a: Conv(4) - «a:» Conv(4)"),
    ("E0113", "«forward:» Conv(4)"),
    ("E0113", '«"a{1}b*c":» Conv(4)'),
    ("E0113", "«__x:» (Conv(4))"),
    ("E0301", "«add» { Conv(4) | Conv(5) }"),
    ("E0306", "«concat» { Conv(4) | MPool }"),
    ("E0108", "«f»"),
    ("E0108", "«m»"),
    ("E0203", "Conv(1 // «0»)"),
    ("E0101", "ReLU if («nope» == 1) else BN"),
    ("E0102", "[ReLU - for «k» in [1] { BN }]x2 as k"),
    ("E0114", "«[ReLU]x2 as self»"),
    ("E0101", "[«Convv»(4)]x3"),
    ("E0404", "Conv(4) - «Two»"),
    ("E0404", "Chunk(3) - «Two»"),
    ("E0404", "Chunk(3) - «ReLU»"),
    ("E0404", "Chunk(3) - «U»(4)"),
    ("E0404", "add { «Chunk(3)» | in }"),
    ("E0404", "«Add»"),
    ("E0404", "Chunk(3) - «Conv»(4)"),
    ("E0201", "FC(4, «Conv»)"),
)


@pytest.mark.parametrize(("code", "chain"), CHAINS)
def test_a_mistake_in_a_chain(code: str, chain: str) -> None:
    text, places = marked(U + in_model(chain))
    found = told(text)
    assert [place for _, place in found] == places and {c for c, _ in found} == {code}


FILES = (
    ("E0114", "let «Conv» = 3\n"),
    ("E0114", "let «min» = 3\n"),
    ("E0114", "let «in_» = 3\n"),
    ("E0114", "let «class» = 3\n"),
    ("E0114", "let «in_2» = 3\n"),
    ("E0114", "let «__x» = 3\n"),
    ("E0114", "let «torch» = 3\n"),
    ("E0102", "let a = 3\nlet «a» = 4\n"),
    ("E0102", "let a = 3\nblock «a» { ReLU }\n"),
    ("E0114", "block B(«self») { ReLU }\n"),
    ("E0102", "block B(c, «c») { ReLU }\n"),
    ("E0114", "block B over (a, «range») { return a }\n"),
    ("E0102", "block B(c) { let «c» = 3\n ReLU }\n"),
    ("E0101", "default «Conw»(bias=false)\n"),
    ("E0103", "default Conv(«bies»=false)\n"),
    ("E0101", "init «Conw» = zeros\n"),
    ("E0101", "init Conv = «zero»\n"),
    ("E0101", "variant v = «n»\n"),
    ("E0108", "variant v = «v»\n"),
    ("E0108", "block B { ReLU }\nvariant v = «B»\n"),
    ("E0101", 'from "resnet.arch" use «Botleneck»\n'),
    ("E0101", "allow «W9999»\n"),
    ("E0109", 'from «"nope.arch"» use B\n'),
    ("E0114", "fn «len»(n) = n\n"),
    ("E0114", "macro M(«None») = ReLU\n"),
)


@pytest.mark.parametrize(("code", "declaration"), FILES)
def test_a_mistake_in_a_declaration(code: str, declaration: str) -> None:
    text, places = marked(declaration + in_model("Conv(4)"))
    found = told(text)
    assert found == [(code, places[0])]


BODIES = (
    ("E0403", "«ReLU»\n  ReLU"),
    ("E0406", "«a, b» = Conv(4)\n  a"),
    ("E0114", "«self» = Conv(4)\n  self"),
    ("E0114", "let «range» = 3\n  ReLU"),
    ("E0102", "let a = 1\n  let «a» = 2\n  ReLU"),
    ("E0407", "x = Conv(4)\n  ReLU - «x»"),
    ("E0101", "if «nope» { let n = 1 }\n  ReLU"),
    ("E0101", "x = «nope»\n  x - ReLU"),
    ("E0101", "if true { let a = «nope» }\n  Conv(a)"),
    ("E0406", "«a» = Chunk(3)\n  a"),
)


@pytest.mark.parametrize(("code", "body"), BODIES)
def test_a_mistake_in_a_body(code: str, body: str) -> None:
    """Consequences of an error are not reported."""
    text, places = marked(f"model m {{\n  input 3x8x8\n  {body}\n}}\n")
    assert told(text) == [(code, place) for place in places]


def test_labels_lead_to_where_a_number_was_born() -> None:
    text = "let k = 5\nblock B(c) { Conv(c, groups=c - 1) }\n" + in_model("B(k)")
    (error,) = [d for d in checked(text).diagnostics if d.severity is Severity.ERROR]
    assert text[error.span.start : error.span.end] == "c - 1"
    assert [(text[x.span.start : x.span.end], x.text) for x in error.labels] == [
        ("5", "`c` is 5 from here"), ("3x32x32", "3 channels come in here"),
    ]  # fmt: skip
    merge = in_model("a: Conv(4) - BN - add { ReLU | b: Conv(5, 1) - BN }")
    (error,) = [d for d in checked(merge).diagnostics if d.severity is Severity.ERROR]
    assert [(merge[x.span.start : x.span.end], x.text) for x in error.labels] == [
        ("a: Conv(4)", "4 channels are made here"), ("b: Conv(5, 1)", "5 channels are made here"),
    ]  # fmt: skip


def test_a_name_given_twice_is_shown_with_the_first() -> None:
    text = in_model("a: Conv(4) - a: Conv(4)")
    (error,) = [d for d in checked(text).diagnostics if d.severity is Severity.ERROR]
    assert [text[x.span.start : x.span.end] for x in error.labels] == ["a:"]
    assert error.labels[0].span.start < error.span.start and [e.text for e in error.edits] == ["a_2:"]


@pytest.mark.parametrize(
    "text, wanted",
    [
        (in_model("for i in range(3) { Conv(16 * i) }"), True),
        ("block B(k) { Conv(16 * k) }\n" + in_model("B(0)"), False),  # the argument for `k` does not count
        ("block B(k) { Conv(8, 0 * k) }\n" + in_model("B(3)"), False),
    ],
)
def test_only_the_variable_of_a_loop_counts_from_0(text: str, wanted: bool) -> None:
    (diagnostic,) = checked(text).diagnostics
    assert ("counts from 0" in diagnostic.problem.help()) is wanted
