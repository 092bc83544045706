"""Files of several networks: a function for each builds the model's class with the variant's arguments."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping

from archc.ir.expr import Expr
from archc.ir.network import Network
from archc.targets.pytorch.code import Class
from archc.targets.pytorch.docs import paper, plain
from archc.targets.pytorch.layout import COLUMNS, laid_out
from archc.targets.pytorch.printing import default_of, ordered, tidy

_UNCLEAR = ("bool", "float", "int")
"""The types whose arguments are passed by name."""


def built_by(
    network: Network,
    made: Class,
    called: str,
    arguments: Mapping[str, Expr],
    taken: set[str],
    layers: Callable[[str], str],
) -> tuple[str, list[str]]:
    """The name under which a network is exported, and the function of that name (none if it is the class)."""
    if network.name == called and all(default_of(a) is not None for a in made.arguments):
        return called, []
    name = network.name if network.name not in taken else f"{network.name}_"
    users = [a for a in made.arguments if a.spec == "classes" and a.type == "int"]
    given: list[str] = []
    skipped = named = False
    for a in ordered(made.arguments):
        value = arguments[a.name]
        if a in users:
            given.append("classes=classes" if skipped or named else "classes")
        elif default_of(a) == value:
            skipped = True
        else:
            named = named or skipped or a.type in _UNCLEAR
            text = tidy(value, str, layers)
            given.append(f"{a.name}={text}" if named else text)
    signature = ", ".join(f"classes: int = {tidy(arguments['classes'], str, layers)}" for _ in users)
    lines = [
        *laid_out(f"def {name}({signature}) -> {called}:", 0),
        *_documented(network),
        *laid_out(f"return {called}({', '.join(given)})", 4),
    ]
    return name, lines


def _documented(network: Network) -> list[str]:
    types = [network.type_of(ref) for ref in network.inputs]
    sizes = [f"({', '.join(['N', *map(str, x.dims)])})" for x in types]
    what = "images" if all(x.is_image for x in types) else "inputs"
    line = f"Build {network.name}, for {what} {' and '.join(sizes)}."
    own = paper(network)
    if not own:
        return [f'    """{line}"""']
    wrapped = textwrap.wrap(f"Paper: {plain(own)}.", COLUMNS - 4, subsequent_indent="    ")
    return [f'    """{line}', "", *(f"    {w}" for w in wrapped), '    """']
