"""The emitted file: header, imports, classes, constructors."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Sequence

from archc.collector import paused
from archc.emit.classes import Build, Class
from archc.emit.docs import docstring, mapping, paper, plain
from archc.emit.forward import fill
from archc.emit.freezing import AT_THE_END, methods
from archc.emit.initialise import initialise
from archc.emit.instances import collect
from archc.emit.layout import COLUMNS, laid_out
from archc.emit.variants import built_by
from archc.network.network import Function, Network

_IMPORTS = (
    (r"\bOrderedDict\(", "from collections import OrderedDict"),
    (r"(?<![.\w])ceil\(", "from math import ceil"),
    (r"\bNamedTuple\b", "from typing import NamedTuple"),
    (r"\bSelf\b", "from typing import Self"),
)


@paused()
def emit(networks: Sequence[Network], command: str, version: str) -> str:
    """The source of a module that defines these networks: the same bytes for the same networks.

    `command` and `version` (archc's) go into the header. Requires: at least one network, all from one spec.
    """
    build = Build(
        collect(networks),
        {f.name: f for n in networks for f in n.functions},
        {d.name: d for n in networks for d in n.definitions},
        taken={"Tensor", "OrderedDict", "NamedTuple", "Self", "nn", "torch"},
        make=fill,
    )
    models = [build.of(build.instances.at[id(network), 0]) for network in networks]
    return _written(build, networks, models, command, version)


def _written(build: Build, networks: Sequence[Network], models: Sequence[Class], command: str, version: str) -> str:
    ids = {f"class_{id(c)}_": c.name for c in build.classes}
    parts: list[list[str]] = [_brought(source) for source in build.sources]
    for made in build.classes:
        parts.extend(_class(build, made, lambda text: re.sub(r"class_\d+_", lambda m: ids[m[0]], text)))
    exported = [m.name for m in models]
    if len(networks) > 1:
        pairs = [(build.instances.at[id(n), 0], made) for n, made in zip(networks, models, strict=True)]
        functions = [built_by(instance, made, build.taken) for instance, made in pairs]
        parts += [lines for _, lines in functions if lines]
        exported = [name for name, _ in functions] + exported
    body = "\n\n\n".join("\n".join(p) for p in parts)
    if used := _functions(build, body):
        body = "\n\n\n".join(["\n".join(f) for f in used] + [body])
    exported += [c.name for c in build.classes] + [f"{c.name}Outputs" for c in build.classes if c.training]
    head = header(networks, command, version)
    imports = [line for use, line in _IMPORTS if re.search(use, body)]
    if len(imports) > 1 and imports[-2:] == [line for _, line in _IMPORTS[-2:]]:
        imports[-2:] = ["from typing import NamedTuple, Self"]
    torch = ["import torch"] if re.search(r"\btorch\.", body) else []
    names = "Tensor, nn" if re.search(r"\bTensor\b", body) else "nn"
    everything = [*head, "", *imports, *([""] if imports else []), *torch, f"from torch import {names}", ""]
    everything += laid_out(f"__all__ = [{', '.join(f'{chr(34)}{n}{chr(34)}' for n in dict.fromkeys(exported))}]", 0)
    return "\n".join([*everything, "", "", body, ""])


def _brought(source: str) -> list[str]:
    text = re.sub(r"(?<![\w.])F\.", "nn.functional.", source.strip())
    return re.sub(r"\btorch\.Tensor\b", "Tensor", text).split("\n")


def header(networks: Sequence[Network], command: str, version: str) -> list[str]:
    """Comments at the top: what this is, from which text, by which compiler, with which command."""
    first = networks[0]
    what = first.name if len(networks) == 1 else f"{len(networks)} networks"
    origin = f"{what}, compiled by archc {version} from {plain(first.source)} (SHA-256 {first.digest[:16]})."
    lines = [origin, f"Edits will be lost; to compile anew: {plain(command)}"]
    return [f"# {part}" for line in lines for part in textwrap.wrap(line, COLUMNS - 2, break_on_hyphens=False)]


def _class(build: Build, made: Class, named: Callable[[str], str]) -> list[list[str]]:
    """The lines of a class, and before it those of the tuple that it returns in training."""
    parts: list[list[str]] = []
    returns = made.returns
    outputs = f"{made.name}Outputs"
    models = [i.network for i in made.instances] if made.key[0] == "model" else []
    if made.training:
        fields = [f"    {name}: Tensor" for name in made.training]
        parts.append(
            [f"class {outputs}(NamedTuple):", f'    """What `{made.name}` returns in training."""', "", *fields]
        )
        returns = f"Tensor | {outputs}"
    documented = docstring(_doc(build, made), _papers(models), made.arguments, model=bool(models))
    lines = [f"class {made.name}({made.base}):", *documented, ""]
    given = ", ".join(
        ["self", *(f"{a.name}: {a.type}" + (f" = {a.default}" if a.default else "") for a in made.arguments)]
    )
    body = [(0, made.super_call, ""), *made.built]
    extra = initialise(models) if models else []
    if extra:
        body.append((0, "self.reset_parameters()", ""))
    frozen = methods(models[0]) if models else []
    body += AT_THE_END if frozen else []
    lines += _function(f"def __init__({given}) -> None:", [(i, named(t), c) for i, t, c in body])
    if made.base == "nn.Module":
        arguments = ", ".join(f"{n}: Tensor" for n in made.inputs)
        head = f"def forward(self, {arguments}) -> {returns}:"
        forward = [(i, named(t), c) for i, t, c in _shaped(made.forward)]
        lines += ["", *_function(head, forward, mapping(made))]
    if models:
        lines += _probabilities(made, models[0], outputs)
    if extra:
        lines += ["", *_function("def reset_parameters(self) -> None:", extra, "Initialise the weights anew.")]
    for head, text, doc in frozen:
        lines += ["", *_function(head, text, doc)]
    parts.append(lines)
    return parts


def _shaped(lines: Sequence[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """Shapes only where they change."""
    last = ""
    found: list[tuple[int, str, str]] = []
    for indent, text, comment in lines:
        found.append((indent, text, comment if comment != last else ""))
        last = comment or last
    return found


def _function(head: str, body: Sequence[tuple[int, str, str]], doc: str = "") -> list[str]:
    lines = laid_out(head, 4)
    if doc:
        lines.append(f'        """{doc}"""')
    for indent, text, comment in body:
        lines += laid_out(text, 8 + indent, comment)
    return lines


def _doc(build: Build, made: Class) -> str:
    definition = build.definitions.get(made.key[1])
    if made.key[0] == "group":
        return f"The module `{made.instances[0].scope.name}` of `{made.key[1]}`."
    doc = definition.doc if definition else ""
    if made.key[0] == "model":
        first = made.instances[0].network
        own = first.doc if len(made.instances) == 1 else ""
        return own or doc or f"The network {first.name}."
    return doc or f"The block {made.key[1]}."


def _papers(models: Sequence[Network]) -> list[str]:
    """The paper that these networks share."""
    papers = {paper(model) for model in models}
    return [f"Paper: {plain(found)}." for found in papers if found and len(papers) == 1]


def _probabilities(made: Class, model: Network, outputs: str) -> list[str]:
    head = next((n for n in model.nodes if n.head), None)
    if head is None:
        return []
    body: list[tuple[int, str, str]] = []
    if made.training:
        body.append((0, "outputs = self(x)", ""))
        body.append((0, f"logits = outputs.{made.training[0]} if isinstance(outputs, {outputs}) else outputs", ""))
    text = "logits" if made.training else "self(x)"
    call = head.op.torch(tuple(model.type_of(r) for r in head.inputs))
    assert call.expression is not None
    filled = call.expression.template.replace("{0}", text).replace("F.", "nn.functional.")
    body.append((0, f"return {filled}", ""))
    return [
        "",
        *_function("def probabilities(self, x: Tensor) -> Tensor:", body, "Return the probability of each class."),
    ]


def _functions(build: Build, body: str) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    whole = _whole(build)
    waiting = [n for n in build.functions if re.search(rf"(?<![\w.]){n}\(", body)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            function = build.functions[name]
            found[name] = _fn(function, whole)
            used = {n.id for n in ast.walk(ast.parse(function.text)) if isinstance(n, ast.Name)}
            waiting.extend(n for n in build.functions if n in used)
    return [found[n] for n in build.functions if n in found]


def _fn(function: Function, whole: frozenset[tuple[str, str]]) -> list[str]:
    given = ", ".join(
        f"{p.name}: {'int' if (function.name, p.name) in whole else 'float'}" + (f" = {p.default}" if p.default else "")
        for p in function.parameters
    )
    head = laid_out(f"def {function.name}({given}) -> int:", 0)
    doc = f'    """Return `{function.name}` as the spec defines it."""'
    return [*head, doc, *laid_out(f"return {function.text}", 4)]


def _whole(build: Build) -> frozenset[tuple[str, str]]:
    """The parameters of functions that are whole numbers: by their default, or by what other functions pass."""
    found = {(f.name, p.name) for f in build.functions.values() for p in f.parameters if (p.default or "").isdecimal()}
    for _ in build.functions:
        for function in build.functions.values():
            for call in ast.walk(ast.parse(function.text)):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in build.functions:
                    called = build.functions[call.func.id]
                    for parameter, argument in zip(called.parameters, call.args, strict=False):
                        if isinstance(argument, ast.Name) and (function.name, argument.id) in found:
                            found.add((called.name, parameter.name))
    return frozenset(found)
