"""From a class as data to the lines of its `forward`."""

from __future__ import annotations

from collections.abc import Sequence

from archc.ir.expr import Const, unary
from archc.targets.pytorch.code import (
    Assign,
    CallModule,
    Class,
    Compute,
    Copy,
    ModuleBuild,
    Operation,
    PyFor,
    PyIf,
    PyReturn,
    Statement,
)
from archc.targets.pytorch.names import fresh
from archc.targets.pytorch.passes.containers import is_word
from archc.targets.pytorch.passes.naming import UNREAD
from archc.targets.pytorch.printing.init import Printer
from archc.targets.pytorch.printing.text import Line, TensorExpression, fill
from archc.targets.pytorch.printing.ways import way
from archc.targets.pytorch.walk import writes


class ForwardPrinter:
    """Prints `forward`."""

    def __init__(self, printer: Printer) -> None:
        self.p = printer
        self.made = printer.made
        self.inside: dict[str, Compute] = {}
        self.typed = set(self.made.inputs)
        self.taken = {*self.made.inputs, *writes(self.made.forward)}
        self.out: list[Line] = []

    def lines(self) -> list[Line]:
        """All lines."""
        self.block(self.made.forward, 0)
        return self.out

    # -- statements

    def block(self, statements: Sequence[Statement], indent: int) -> None:
        """Statements."""
        for s in statements:
            match s:
                case Assign():
                    self.out.append((indent, f"{s.name} = {self.p.say(s.value)}", ""))
                case Compute(nested=True, targets=(target,)):
                    self.inside[target] = s
                case Compute():
                    self.compute(s, indent)
                case PyIf():
                    self.condition(s, indent)
                case PyFor():
                    mark = len(self.out)
                    self.out.append((indent, self.p.head(s), ""))
                    self.block(s.body, indent + 4)
                    if len(self.out) == mark + 1:
                        del self.out[mark:]
                case PyReturn():
                    self.give(s, indent)
                case _:
                    pass

    def condition(self, s: PyIf, indent: int) -> None:
        """An `if`, without `else` where the first side returns."""
        mark = len(self.out)
        typed = set(self.typed)
        self.out.append((indent, f"if {self.p.say(s.condition)}:", ""))
        self.block(s.then, indent + 4)
        empty = len(self.out) == mark + 1
        then_typed, self.typed = self.typed, set(typed)
        ends = bool(s.then) and isinstance(s.then[-1], PyReturn)
        if empty:
            del self.out[mark:]
            if s.otherwise:
                self.out.append((indent, f"if {self.p.say(unary('not', s.condition))}:", ""))
                self.block(s.otherwise, indent + 4)
                if len(self.out) == mark + 1:
                    del self.out[mark:]
        elif s.otherwise:
            before = len(self.out)
            if not ends:
                self.out.append((indent, "else:", ""))
            self.typed = set(typed) if ends else set(then_typed)
            self.block(s.otherwise, indent if ends else indent + 4)
            if not ends and len(self.out) == before + 1:
                del self.out[before:]
        self.typed = typed | (then_typed & self.typed)

    def value(self, s: Compute) -> TensorExpression:
        """The expression of a statement."""
        match s.value:
            case Copy(inputs=(var,)):
                return self.operand(var)
            case CallModule(build=ModuleBuild() as build) if build.use:
                return self.learned(s.value, build)
            case CallModule():
                inputs = ", ".join(self.operand(v).text for v in s.value.inputs)
                child = way(self.made, s.value.name, self.p.say)
                return TensorExpression(f"{child}({inputs})", "call", False, "module")
            case Operation():
                return self.operation(s.value)
            case _:
                raise AssertionError

    def learned(self, value: CallModule, build: ModuleBuild) -> TensorExpression:
        """What is computed with a learned tensor."""
        tensor = f"self.get_parameter({self.p.say(value.name)})"
        if isinstance(value.name, Const) and is_word(str(value.name.value)):
            tensor = f"self.{value.name.value}"
        operands = [*(self.operand(v) for v in value.inputs), TensorExpression(tensor, "name", True, "name")]
        template = build.use.replace("{w}", f"{{{len(value.inputs)}}}")
        return fill(Operation(build.op, template, (), value.inputs, build.precedence), operands, self.p.say)

    def operand(self, var: str) -> TensorExpression:
        """A tensor as it is read."""
        if var in self.inside:
            return self.value(self.inside[var])
        return TensorExpression(var, "name", var in self.typed, "name")

    def operation(self, value: Operation) -> TensorExpression:
        """A function of tensors."""
        operands = [self.operand(v) for v in value.inputs]
        return fill(value, operands, self.p.say)

    def compute(self, s: Compute, indent: int) -> None:
        """`x = …`."""
        value = self.value(s)
        targets = list(s.targets)
        if all(t == UNREAD for t in targets):
            self.out.append((indent, value.text, ""))
            return
        if isinstance(s.value, Copy) and targets == [value.text]:
            return
        text = value.text
        comment = shape_comment(s, self.made)
        if s.training_only:
            text, comment = f"{text} if self.training else torch.empty(0)", "for training only"
        fresh = len(targets) == 1 and targets[0] not in self.typed
        if fresh and not value.tensor and not s.training_only:
            self.out.append((indent, f"{targets[0]}: Tensor = {text}", comment))
        else:
            self.out.append((indent, f"{', '.join(targets)} = {text}", comment))
        self.typed.update(targets)

    def give(self, s: PyReturn, indent: int) -> None:
        """`return …`."""
        texts = [self.operand(v) for v in s.values]
        if s.training:
            training = ", ".join(self.operand(v).text for v in s.training)
            self.out.append((indent, "if self.training:", ""))
            self.out.append((indent + 4, f"return {self.p.names[id(self.made)]}Outputs({training})", ""))
        if len(texts) > 1 and s.fields and not s.training:
            values = ", ".join(t.text for t in texts)
            self.out.append((indent, f"return {self.p.names[id(self.made)]}Outputs({values})", ""))
            return
        if len(texts) > 1:
            self.out.append((indent, f"return {', '.join(t.text for t in texts)}", ""))
            return
        (value,) = texts
        if value.tensor or value.kind == "name":
            self.out.append((indent, f"return {value.text}", ""))
            return
        name = "logits" if self.made.kind == "model" else "out"
        name = fresh(name, self.taken)
        self.out.append((indent, f"{name}: Tensor = {value.text}", ""))
        self.out.append((indent, f"return {name}", ""))


def shape_comment(s: Compute, made: Class) -> str:
    """The shape of a tensor, where it is known."""
    if made.kind != "model" or not s.shape or not all(isinstance(e, Const) for e in s.shape):
        return ""
    return "x".join(str(e.value) for e in s.shape if isinstance(e, Const))
