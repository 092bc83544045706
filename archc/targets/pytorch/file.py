"""The emitted file: classes and functions as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archc.ir.expr import Apply, Expr, Var, leaves
from archc.ir.network import Network
from archc.ir.op import Op
from archc.ir.types import TensorType
from archc.support.columns import lines_of
from archc.support.record import Record
from archc.targets.pytorch.classes import Translated, class_names, translated, validate_all
from archc.targets.pytorch.code import Append, Class, Compute, ModuleBuild, Operation, PrintedClass, Register
from archc.targets.pytorch.docs import docstring, mapping, paper, plain
from archc.targets.pytorch.freezing import at_the_end, methods
from archc.targets.pytorch.functions import ClassCall, FunctionSignature, called_in, signatures
from archc.targets.pytorch.initialise import initialise
from archc.targets.pytorch.layout import BODY, COLUMNS, laid_out
from archc.targets.pytorch.printing import (
    ForwardPrinter,
    Line,
    Printer,
    Suite,
    default_of,
    fill,
    listed,
    ordered,
    tidy,
    variable,
)
from archc.targets.pytorch.registry import torch_call
from archc.targets.pytorch.validate import Mismatch
from archc.targets.pytorch.walk import build_exprs, builds, exprs, unnamed, walk

__all__ = ["Mismatch", "Written", "WrittenClass", "emit", "file_of", "header"]


class WrittenClass(Record):
    """A class of a file: its name there and in the spec, its lines, and those of each statement of its methods."""

    name: str
    called: str
    lines: tuple[str, ...]
    statements: tuple[tuple[str, ...], ...]


class Written(Record):
    """A file: its text, the names under which it exports the networks, in order, and its classes."""

    text: str
    exported: tuple[str, ...]
    classes: tuple[WrittenClass, ...]


def emit(networks: Sequence[Network], command: str, version: str) -> str:
    """The source of a module that defines these networks. The same networks give the same bytes.

    `command` and `version` (archc's) are written to the header. Requires: at least one network, all from one spec.
    Raises `NotLowered` for an op of another package without a lowering, and `Mismatch`, an internal fault, if the code
    does not compute the network.
    """
    return file_of(networks, command, version).text


def file_of(networks: Sequence[Network], command: str, version: str) -> Written:
    """Like `emit`, with the names, lines and statements of the text."""
    return written(translated(networks), networks, command, version)


# -- the text ---------------------------------------------------------------------------------------------------------


class _File:
    """Writes one file."""

    def __init__(self, t: Translated) -> None:
        self.t = t
        self.names = class_names(t)
        self.sources: dict[str, None] = {}
        self.functions: dict[str, None] = {}
        self.calls: list[ClassCall] = []
        self.imports: set[str] = set()
        self.classes: list[WrittenClass] = []
        self.said: dict[int, PrintedClass] = {}

    def layer_name(self, name: str) -> str:
        """The text of a layer that is passed as a value, which has no arguments."""
        op = self.t.kinds[name].build({})
        assert isinstance(op, Op)
        call = torch_call(op, (TensorType.model_construct(dims=(6, 4, 4)),))
        assert call.module is not None
        return call.module.target

    def note(self, made: Class) -> None:
        """Collect what a class uses: definitions of ops, functions, imports."""
        for s in (*walk(made.init), *walk(made.forward)):
            found: list[Expr] = list(exprs(s))
            if isinstance(s, Register | Append):
                for b in builds(s.build):
                    found += build_exprs(b)
                    if isinstance(b, ModuleBuild):
                        self.sources.update(dict.fromkeys(b.sources))
            elif isinstance(s, Compute) and isinstance(s.value, Operation):
                self.sources.update(dict.fromkeys(s.value.sources))
            for e in found:
                self.called(e)
                self.calls += ((call, made.arguments) for call in called_in(e, self.t.functions))

    def called(self, e: Expr) -> None:
        """Collect the functions that an expression calls, and those that they call."""
        for leaf in leaves(e):
            if isinstance(leaf, Apply):
                if leaf.function in ("ceil", "floor"):
                    self.imports.add(f"from math import {leaf.function}")
                elif leaf.function in self.t.functions and leaf.function not in self.functions:
                    self.functions[leaf.function] = None
                    function = self.t.functions[leaf.function]
                    self.called(function.body)
                    for _, default in function.parameters:
                        if default is not None:
                            self.called(default)

    # -- classes

    def parts(self) -> list[list[str]]:
        """The lines of each class."""
        return [lines for made in self.t.classes for lines in self.lines(made)]

    def lines(self, made: Class) -> list[list[str]]:
        """The lines of a class, preceded by those of the named tuple that it returns."""
        self.note(made)
        networks = [e.network for e in self.t.entries if e.made is made]
        name = self.names[id(made)]
        printer = Printer(made, self.names, self.layer_name)
        printer.prepare()
        parts: list[list[str]] = []
        returns = _returns(made)
        if fields := _output_fields(made):
            doc = f'    """What `{name}` returns{" in training" if made.training else ""}."""'
            parts.append([f"class {name}Outputs(NamedTuple):", doc, "", *(f"    {f}: Tensor" for f in fields)])
            self.imports.add("from typing import NamedTuple")
            returns = f"{returns} | {name}Outputs" if made.training else f"{name}Outputs"
        arguments = ordered(made.arguments)
        papers = {paper(n) for n in networks}
        said = [f"Paper: {plain(p)}." for p in papers if p and len(papers) == 1]
        lines = [
            f"class {name}({made.bases}):",
            *docstring(self.doc(made, networks), said, arguments, made.positive, model=bool(networks)),
            "",
        ]
        body, forward = self.methods(made, printer)
        if any("OrderedDict(" in text for _, text, _ in body):
            self.imports.add("from collections import OrderedDict")
        extra = initialise(networks) if networks else []
        if extra:
            body.append((0, "self.reset_parameters()", ""))
        frozen = methods(networks[0]) if networks else []
        body += at_the_end(networks[0]) if networks else []
        given = ", ".join(["self", *(self.parameter(a, networks) for a in arguments)])
        lines += function(f"def __init__({given}) -> None:", body)
        if made.base != "nn.Sequential":
            inputs = ", ".join(f"{name}: Tensor" for name in made.inputs)
            head = f"def forward(self, {inputs}) -> {returns}:"
            lines += ["", *function(head, forward, mapping(made, networks))]
        if networks:
            lines += self.probabilities(made, name)
        if extra:
            lines += ["", *function("def reset_parameters(self) -> None:", extra, "Initialise the weights again.")]
        for head, text, doc in frozen:
            self.imports.add("from typing import Self")
            lines += ["", *function(head, text, doc)]
        parts.append(lines)
        statements = tuple(map(tuple, (*_statements(body), *_statements(forward))))
        self.classes.append(WrittenClass(name, made.name, tuple(lines), statements))
        return parts

    def methods(self, made: Class, printer: Printer) -> tuple[list[Line], list[Line]]:
        """The lines of `__init__` and `forward`. Their meaning is recorded."""
        head = None if made.head is None else self.head(made, "")[1]
        if made.base != "nn.Sequential":
            init, forward = printer.init(), ForwardPrinter(printer).suite()
            fields = printer.fields()
            means = tuple(m for _, m in fields)
            self.said[id(made)] = PrintedClass(tuple(init.means), tuple(forward.means), means, head)
            lines = [(0, "super().__init__()", ""), *init.lines, *(line for line, _ in fields)]
            return lines, _shaped(forward.lines)
        given, rest = printer.children(made.init, made.named), Suite(printer.say)
        if given is None:
            given = []
            printer.block(made.init if made.named else unnamed(made.init), rest, 0)
        children = (*(s for c in given for s in c.means), *rest.means)
        self.said[id(made)] = PrintedClass(children, (), (), head)
        return [(0, f"super().__init__({listed(given)})", ""), *rest.lines], []

    def head(self, made: Class, logits: str) -> tuple[str, Operation]:
        """The expression of the probabilities, given the text `logits`, and its meaning."""
        assert made.head is not None
        filled = fill(made.head, [variable("x", True, logits)], lambda e: tidy(e, _never, self.layer_name))
        assert isinstance(filled.means, Operation)
        return filled.text, filled.means

    def parameter(self, a: Any, networks: Sequence[Network]) -> str:
        """The text of a parameter."""
        default = default_of(a)
        if networks and a.spec == "classes" and len(networks) == 1:
            entry = next(e for e in self.t.entries if e.network is networks[0])
            default = entry.arguments.get("classes", default)
        said = "" if default is None else f" = {tidy(default, _never, self.layer_name)}"
        return f"{a.name}: {a.type}{said}"

    def doc(self, made: Class, networks: Sequence[Network]) -> str:
        """The docstring of a class, from the spec."""
        if made.kind == "model":
            own = networks[0].doc if len(networks) == 1 else ""
            return own or made.doc or f"The network {networks[0].name}."
        return made.doc or f"The block {made.name}."

    def probabilities(self, made: Class, name: str) -> list[str]:
        """The method that computes probabilities, if the spec ends in a head."""
        if made.head is None:
            return []
        body: list[Line] = []
        text = f"self({', '.join(made.inputs)})"
        if made.training:
            first = _output_fields(made)[0]
            body.append((0, f"outputs = {text}", ""))
            body.append((0, f"logits = outputs.{first} if isinstance(outputs, {name}Outputs) else outputs", ""))
            text = "logits"
        elif fields := _output_fields(made):
            text = f"{text}.{fields[0]}"
        body.append((0, f"return {self.head(made, text)[0]}", ""))
        inputs = ", ".join(f"{name}: Tensor" for name in made.inputs)
        head = f"def probabilities(self, {inputs}) -> Tensor:"
        return ["", *function(head, body, "Return the probability of each class.")]

    # -- functions of the spec

    def function_parts(self) -> list[list[str]]:
        """The `fn`s that the classes call, as Python functions."""
        written = [n for n in self.t.functions if n in self.functions]
        found = signatures(written, self.calls, self.t.functions)
        if any("Any" in text for s in found.values() for text in (*s.parameters, s.result)):
            self.imports.add("from typing import Any")
        return [self.function_lines(n, found[n]) for n in written]

    def function_lines(self, name: str, signature: FunctionSignature) -> list[str]:
        """A `fn` as a Python function."""
        made = self.t.functions[name]
        given = ", ".join(
            f"{n}: {kind}" + (f" = {tidy(default, _own, self.layer_name)}" if default is not None else "")
            for (n, default), kind in zip(made.parameters, signature.parameters, strict=True)
        )
        head = laid_out(f"def {name}({given}) -> {signature.result}:", 0)
        doc = f'    """Return `{name}` as the spec defines it."""'
        body = tidy(made.body, _own, self.layer_name)
        if signature.clear:
            return [*head, doc, *laid_out(f"return {body}", 4)]
        return [*head, doc, *laid_out(f"result: {signature.result} = {body}", 4), "    return result"]


def _own(e: Expr) -> str:
    return e.name if isinstance(e, Var) else ""


def _never(e: Expr) -> str:
    raise AssertionError(e)


def _returns(made: Class) -> str:
    return "Tensor" if len(made.outputs) == 1 else f"tuple[{', '.join('Tensor' for _ in made.outputs)}]"


def _output_fields(made: Class) -> tuple[str, ...]:
    """The names of the tensors that a model returns, in any mode; none for a single tensor, or for a block."""
    from archc.targets.pytorch.code import PyReturn

    returns = [s for s in walk(made.forward) if isinstance(s, PyReturn) and s.fields]
    return next((s.fields for s in returns if s.training or not made.training), made.training)


def _shaped(lines: Sequence[Line]) -> list[Line]:
    """Comments with shapes, only where the shape changes."""
    last = ""
    found: list[Line] = []
    for indent, text, comment in lines:
        found.append((indent, text, comment if comment != last else ""))
        last = comment or last
    return found


def function(head: str, body: Sequence[Line], doc: str = "") -> list[str]:
    """The lines of a method."""
    lines = laid_out(head, 4)
    if doc:
        lines.append(f'        """{doc}"""')
    return [*lines, *(line for statement in _statements(body) for line in statement)]


def _statements(body: Sequence[Line]) -> Iterator[list[str]]:
    """The lines of each statement of a method."""
    return (laid_out(text, BODY + indent, comment) for indent, text, comment in body)


def said_by(t: Translated) -> dict[int, PrintedClass]:
    """The meaning of the printed classes, by the identity of the class."""
    file = _File(t)
    file.parts()
    return file.said


def written(t: Translated, networks: Sequence[Network], command: str, version: str) -> Written:
    """The text of a file, with the names, lines and statements in it."""
    from archc.targets.pytorch.variants import VariantFunction, built_by

    file = _File(t)
    parts = file.parts()
    models = list(dict.fromkeys(file.names[id(e.made)] for e in t.entries))
    exported = list(models)
    functions: list[VariantFunction] = []
    if len(networks) > 1:
        functions = [
            built_by(e.network, e.made, file.names[id(e.made)], e.arguments, set(file.names.values()), file.layer_name)
            for e in t.entries
        ]
        parts += [list(f.lines) for f in functions if f.lines]
        exported = [f.name for f in functions] + exported
    validate_all(t, file.said, [f.arguments for f in functions] or [e.arguments for e in t.entries])
    parts = [*file.function_parts(), *map(_brought, file.sources), *parts]
    body = "\n\n\n".join("\n".join(p) for p in parts)
    exported += [file.names[id(c)] for c in t.classes]
    exported += [f"{file.names[id(c)]}Outputs" for c in t.classes if _output_fields(c)]
    head = [*header(networks, command, version), "", *_imports(file, body), "", *_all(exported), "", ""]
    return Written("\n".join([*head, body, ""]), tuple(exported[: len(networks)]), tuple(file.classes))


def _all(exported: Sequence[str]) -> list[str]:
    return laid_out(f"__all__ = [{', '.join(f'{chr(34)}{n}{chr(34)}' for n in dict.fromkeys(exported))}]", 0)


def _imports(file: _File, body: str) -> list[str]:
    found = sorted(file.imports)
    typing = [i for i in found if "typing" in i]
    if len(typing) > 1:
        found = [i for i in found if i not in typing] + ["from typing import NamedTuple, Self"]
    maths = [i for i in found if "math" in i]
    if len(maths) > 1:
        found = [i for i in found if i not in maths] + ["from math import ceil, floor"]
    found.sort()
    torch = ["import torch"] if "torch." in body else []
    names = "Tensor, nn" if "Tensor" in body else "nn"
    return [*found, *([""] if found else []), *torch, f"from torch import {names}"]


def _brought(source: str) -> list[str]:
    """The source of a class or function that an op defines, as lines."""
    text = source.strip().replace("torch.Tensor", "Tensor")
    return [_with_functional(line) for line in text.split("\n")]


def _with_functional(line: str) -> str:
    parts = line.split("F.")
    made = parts[0]
    for part in parts[1:]:
        before = made[-1:] if made else ""
        made += ("F." if before.isalnum() or before in ("_", ".") else "nn.functional.") + part
    return made


def header(networks: Sequence[Network], command: str, version: str) -> list[str]:
    """The comment at the top: the text, compiler and command that the file comes from."""
    first = networks[0]
    what = first.name if len(networks) == 1 else f"{len(networks)} networks"
    origin = f"{what}, compiled by archc {version} from {plain(first.source)} (SHA-256 {first.digest[:16]})."
    lines = [origin, f"Edits will be lost; to compile it again: {plain(command)}"]
    return [f"# {part}" for line in lines for part in lines_of(line, COLUMNS - 2, hyphens=False)]
