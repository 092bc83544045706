"""A file of several networks: a function for each, which builds the model's class with the variant's arguments."""

from __future__ import annotations

import textwrap

from archc.emit.classes import Class, snake
from archc.emit.docs import paper, plain
from archc.emit.expressions import literal, write
from archc.emit.instances import Instance
from archc.emit.layout import COLUMNS, laid_out


def built_by(instance: Instance, made: Class, taken: set[str]) -> tuple[str, list[str]]:
    """The name under which a network is exported, and the function of that name (nothing if it is the class)."""
    network = instance.network
    if network.name == made.name and all(a.default for a in made.arguments):
        return made.name, []
    name = network.name if network.name not in taken else f"{snake(network.name)}_"
    users = [a for a in made.arguments if a.spec == "classes"]
    given: list[str] = []
    skipped = named = False
    for argument in made.arguments:
        text = _text(instance, argument.spec, argument.input, argument.axis, argument.type)
        if argument in users:
            given.append("classes=classes" if skipped or named else "classes")
        elif argument.default == text:
            skipped = True
        else:
            named = named or skipped or argument.type in _UNCLEAR
            given.append(f"{argument.name}={text}" if named else text)
    signature = ", ".join(f"classes: int = {write(literal(instance.values['classes']))}" for _ in users)
    lines = [
        *laid_out(f"def {name}({signature}) -> {made.name}:", 0),
        *_documented(instance, made),
        *laid_out(f"return {made.name}({', '.join(given)})", 4),
    ]
    return name, lines


_UNCLEAR = ("bool", "float", "int")
"""Arguments of these types are passed by name."""


def _text(instance: Instance, spec: str, number: int, axis: int, type_: str) -> str:
    """The value of one parameter."""
    value = instance.values[spec] if spec else instance.network.type_of(instance.scope.inputs[number]).dims[axis]
    if type_ == "tuple[int, int]" and isinstance(value, int):
        value = (value, value)
    return write(literal(value))


def _documented(instance: Instance, made: Class) -> list[str]:
    network = instance.network
    size = ", ".join(["N", *map(str, network.type_of(network.inputs[0]).dims)])
    line = f"Build {network.name}, for images ({size})."
    own = paper(network)
    if not own or own == paper(made.instances[0].network):
        return [f'    """{line}"""']
    wrapped = textwrap.wrap(f"Paper: {plain(own)}.", COLUMNS - 4, subsequent_indent="    ")
    return [f'    """{line}', "", *(f"    {w}" for w in wrapped), '    """']
