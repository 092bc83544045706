"""Incomplete statements, or those that lack a word, are always reported."""

from __future__ import annotations

import pytest

from archc.diagnostics.core import Reporter
from archc.diagnostics.source import Source
from archc.syntax.parser import parse

IN_A_FILE = (
    'from "resnet.arch" use resnet18',
    "macro Half(c, k=3) = Conv(c // 2, k) - ReLU if (c > 8)",
    "fn double(x, y=1) = 2 * x if y > 0 else [x, *y, for i in range(3) i]",
    "block B(c, *rest) over (a, b) { concat { a | b } }",
    'init Conv = kaiming_normal(mode="fan_out")',
    "variant v = net(classes=10, depths=[1, 2]) { top1: 71.5 }",
    "default Conv(bias=false)",
    "allow W0101, W0102",
)
IN_A_MODEL = (
    "input image: 3x32x32",
    "shared head: (Conv(8) - ReLU)",
    'a, *xs = in - for i, c in zip([1, 2], [3, 4]) { "s{i}": Conv(c) } - [ReLU]x2',
    "if a > 3 and not b { ReLU } else { add { in | 0.5 * in + [1, 2] * x } }",
    "return training a - fc: FC(classes), b",
)
IN_A_VARIANT = (
    "replace layer1.0.conv1, *.bn: Conv(8) - ReLU",
    "insert after layer2[1-3]: Dropout(0.5)",
    "truncate after layer4",
    "freeze all except fc, layer4.*",
    "unfreeze layer4",
    "remove avgpool",
    "expect params <= 25M and macs == 1_000",
    'paper: "He et al., 2015"',
    "return layer[1-4], fc",
)


@pytest.mark.parametrize(
    "around, statements",
    [("{}\n", IN_A_FILE), ("model m {{\n {}\n}}\n", IN_A_MODEL), ("variant v = m {{\n {}\n}}\n", IN_A_VARIANT)],
)
def test_a_torn_statement_has_a_tree(around: str, statements: tuple[str, ...]) -> None:
    for statement in statements:
        words = statement.split(" ")
        torn = {" ".join(words[:end]) for end in range(1, len(words))}
        torn |= {" ".join(words[:at] + words[at + 1 :]) for at in range(len(words))}
        for text in sorted(torn):
            source = Source("torn.arch", around.format(text))
            reporter = Reporter()
            tree = parse(source, reporter)
            assert tree.span.end <= len(source.text)
            for diagnostic in reporter.in_order():
                assert diagnostic.problem.message() and diagnostic.span.end <= len(source.text), text


def test_truncate_alone_is_told_its_form() -> None:
    reporter = Reporter()
    parse(Source("torn.arch", "variant v = m {\n truncate\n}\n"), reporter)
    (diagnostic,) = reporter.in_order()
    assert diagnostic.problem.help() == "write `truncate after PATH`"
