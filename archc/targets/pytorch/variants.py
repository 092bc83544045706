"""Files of several networks, with a function for each that builds the model's class with the variant's arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archc.ir.expr import Expr
from archc.ir.network import Network
from archc.support.columns import lines_of
from archc.support.record import Record
from archc.targets.pytorch.code import Class, New
from archc.targets.pytorch.docs import paper, plain
from archc.targets.pytorch.layout import COLUMNS, laid_out
from archc.targets.pytorch.printing import PrintedArgument, default_of, new, ordered, tidy

_UNCLEAR = ("bool", "float", "int")
"""The types whose arguments are passed by name."""


class VariantFunction(Record):
    """The function that builds a network: its name, its lines (none for the class itself), and its arguments."""

    name: str
    lines: tuple[str, ...]
    arguments: Mapping[str, Expr]


def built_by(
    network: Network,
    made: Class,
    called: str,
    arguments: Mapping[str, Expr],
    taken: set[str],
    layers: Callable[[str], str],
) -> VariantFunction:
    """The class or function under which a network is exported."""
    if network.name == called and all(default_of(a) is not None for a in made.arguments):
        return VariantFunction(called, (), {})
    name = network.name if network.name not in taken else f"{network.name}_"
    users = [a for a in made.arguments if a.spec == "classes" and a.type == "int"]
    given: list[PrintedArgument] = []
    skipped = named = False
    for a in ordered(made.arguments):
        value = arguments[a.name]
        if a not in users and default_of(a) == value:
            skipped = True
            continue
        named = named or skipped or (a not in users and a.type in _UNCLEAR)
        text = "classes" if a in users else tidy(value, str, layers)
        given.append(PrintedArgument(text, value, a.name if named else ""))
    call = new(called, made, given, [a.name for a in ordered(made.arguments)])
    assert isinstance(call.means, New)
    signature = ", ".join(f"classes: int = {tidy(arguments['classes'], str, layers)}" for _ in users)
    lines = (
        *laid_out(f"def {name}({signature}) -> {called}:", 0),
        *_documented(network),
        *laid_out(f"return {call.text}", 4),
    )
    return VariantFunction(name, lines, dict(call.means.arguments))


def _documented(network: Network) -> list[str]:
    types = [network.type_of(ref) for ref in network.inputs]
    sizes = [f"({', '.join(['N', *map(str, x.dims)])})" for x in types]
    what = "images" if all(x.is_image for x in types) else "inputs"
    line = f"Build {network.name}, for {what} {' and '.join(sizes)}."
    own = paper(network)
    if not own:
        return [f'    """{line}"""']
    wrapped = lines_of(f"Paper: {plain(own)}.", COLUMNS - 4, indent="    ")
    return [f'    """{line}', "", *(f"    {w}" for w in wrapped), '    """']
