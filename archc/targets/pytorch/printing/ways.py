"""How Python code refers to a child of a class: `self.conv1`, `self.convs[0]`, `self["block1-0"]`."""

from __future__ import annotations

from collections.abc import Callable

from archc.ir.expr import Const, Expr, Text, const, literal, text
from archc.targets.pytorch.code import Class
from archc.targets.pytorch.passes.containers import is_word, number_of, parted

Say = Callable[[Expr], str]


def way(made: Class, name: Expr, say: Say) -> str:
    """The expression for a child.

    In nested containers it is `get_submodule`, because their items are only typed as modules.
    """
    path, own = parted(name)
    outer, _, inner = path.partition(".")
    word = isinstance(own, Const) and is_word(str(own.value))
    if inner:
        parts = own.parts if isinstance(own, Text) else (own,)
        return f"{_holder(made, outer)}.get_submodule({say(text((const(f'{inner}.'), *parts)))})"
    if path in made.containers and (path or not word):
        return f"{_holder(made, path)}[{key(made, path, own, say)}]"
    return f"self.{own.value}" if isinstance(own, Const) and word else f"self.get_submodule({say(own)})"


def put(made: Class, name: Expr, built: str, say: Say) -> str:
    """The statement that makes a module a child."""
    path, own = parted(name)
    if "." in path:
        return f"{way(made, const(path), say)}.add_module({say(own)}, {built})"
    if made.containers.get(path) == "list":
        return f"{_holder(made, path)}.append({built})"
    place = way(made, name, say)
    return f"self.add_module({say(own)}, {built})" if "get_submodule" in place else f"{place} = {built}"


def _holder(made: Class, path: str) -> str:
    """The expression for a container that is not nested."""
    return way(made, const(path), repr) if path else "self"


def key(made: Class, path: str, own: Expr, say: Say) -> str:
    """The text in brackets for a child of a list or dictionary."""
    number = number_of(own) if made.containers[path] == "list" else None
    if number is None:
        return literal(str(own.value)) if isinstance(own, Const) else say(own)
    return str(number.value) if isinstance(number, Const) else say(number)
