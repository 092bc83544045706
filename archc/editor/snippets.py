"""Snippets by context: in a file, a body, the members of a variant, a chain."""

from __future__ import annotations

SNIPPETS: dict[str, tuple[tuple[str, str], ...]] = {
    "file": (
        (
            "model",
            "model ${1:name}(${2:classes=10}) {\n  input ${3:3x32x32}\n  ${0:Conv(16) - GAPool - FC(classes)}\n}",
        ),
        ("block", "block ${1:Name}(${2:c}) {\n  add {\n      ${3:Conv(c) - BN}\n    | ${4}\n  } - ReLU$0\n}"),
        ("macro", "macro ${1:Name}(${2:c}) = ${0:Conv(c) - BN - ReLU}"),
        ("variant", 'variant ${1:name} = ${2:Model}($3) {\n  paper: "$4"$0\n}'),
        ("fn", "fn ${1:name}(${2:v}) = ${0:v * 2}"),
        ("let", "let ${1:name} = $0"),
        ("from", 'from "${1:common.arch}" use ${0:Name}'),
        ("default", "default ${0:Conv(bias=false)}"),
        ("init", 'init ${1:Conv} = ${0:kaiming_normal(mode="fan_out")}'),
        ("allow", "allow ${0:W0301}"),
    ),
    "body": (
        ("input", "input ${0:3x224x224}"),
        ("let", "let ${1:name} = $0"),
        ("return", "return $0"),
        ("return training", "return training ${1:out}, ${0:aux}"),
        ("if", "if ${1:condition} {\n  $0\n}"),
        ("init", 'init ${1:Conv} = ${0:kaiming_normal(mode="fan_out")}'),
        ("default", "default ${0:Conv(bias=false)}"),
    ),
    "members": (
        ("expect params", "expect params == ${0:0}"),
        ("expect macs", "expect macs <= ${0:600M}"),
        ("replace", "replace ${1:fc}: ${0:FC(10)}"),
        ("remove", "remove $0"),
        ("insert after", "insert after ${1:layer1}: ${0:SE}"),
        ("truncate after", "truncate after $0"),
        ("return", "return $0"),
        ("freeze all except", "freeze all except ${0:fc}"),
        ("freeze", "freeze $0"),
        ("unfreeze", "unfreeze $0"),
        ("input", "input ${0:3x224x224}"),
    ),
    "term": (
        ("add", "add {\n    ${1:Conv(64) - BN}\n  | $2\n} - ${0:ReLU}"),
        ("concat", "concat { ${1:Conv(64)} | $0 }"),
        ("mul", "mul { ${1} | ${0:GAPool - FC(64) - Sigmoid} }"),
        ("for", "for ${1:c} in ${2:widths} { ${0:Conv(c) - ReLU} }"),
        ("repeat", "[${1:Conv(64)}]x${0:2}"),
        ("every", "every [${1:Conv(64)}]x${0:2}"),
    ),
}
