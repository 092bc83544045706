"""From a class as data to the lines of its `forward`."""

from __future__ import annotations

from collections.abc import Sequence

from archc.ir.expr import Const, Var
from archc.support.record import replace
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
from archc.targets.pytorch.printing.forms import Suite
from archc.targets.pytorch.printing.init import Printer
from archc.targets.pytorch.printing.text import TensorExpression, fill, names_of, steps_of, variable
from archc.targets.pytorch.printing.ways import way
from archc.targets.pytorch.walk import writes

TRAINING = Var(name="self.training", type="bool")


class ForwardPrinter:
    """Prints `forward`."""

    def __init__(self, printer: Printer) -> None:
        self.p = printer
        self.made = printer.made
        self.inside: dict[str, Compute] = {}
        self.typed = set(self.made.inputs)
        self.taken = {*self.made.outer, *self.made.inputs, *writes(self.made.forward)}
        self.declared = set(self.made.inputs)
        """The variables annotated as tensors, whatever is assigned to them."""
        self.written = set(self.made.inputs)
        """The variables assigned earlier, which can no longer be annotated."""

    def suite(self) -> Suite:
        """The statements of `forward`."""
        suite = Suite(self.p.say)
        self.block(self.made.forward, suite, 0)
        return suite

    # -- statements

    def block(self, statements: Sequence[Statement], out: Suite, indent: int) -> None:
        """Print statements."""
        for s in statements:
            match s:
                case Assign():
                    out.bind(indent, (s.name,), self.p.say(s.value), s)
                case Compute(nested=True, targets=(target,)):
                    self.inside[target] = s
                case Compute():
                    self.compute(s, out, indent)
                case PyIf():
                    self.condition(s, out, indent)
                case PyFor():
                    body = out.inner()
                    self.block(s.body, body, indent + 4)
                    out.loop(indent, self.p.head(s), body)
                case PyReturn():
                    self.give(s, out, indent)
                case _:
                    raise AssertionError(s)

    def condition(self, s: PyIf, out: Suite, indent: int) -> None:
        """Print an `if`, without `else` if the first side returns."""
        typed = set(self.typed)
        then, otherwise = out.inner(), out.inner()
        self.block(s.then, then, indent + 4)
        then_typed, self.typed = self.typed, set(typed)
        ends = bool(s.then) and isinstance(s.then[-1], PyReturn)
        if not s.otherwise:
            pass
        elif ends:
            self.block(s.otherwise, otherwise, indent)
        else:
            self.typed = set(then_typed if then.lines else typed)
            self.block(s.otherwise, otherwise, indent + 4)
        self.typed = typed | (then_typed & self.typed)
        if ends:
            out.choose(indent, [(s.condition, then)], out.inner())
            out.extend(otherwise)
        else:
            out.choose(indent, [(s.condition, then)], otherwise)

    def value(self, s: Compute) -> TensorExpression:
        """The expression of a statement."""
        match s.value:
            case Copy(inputs=(var,)):
                return self.operand(var)
            case CallModule(build=ModuleBuild() as build) if build.use:
                return self.learned(s.value, build)
            case CallModule():
                operands = [self.operand(v) for v in s.value.inputs]
                child = way(self.made, s.value.name, self.p.say)
                text = f"{child}({', '.join(o.text for o in operands)})"
                means = replace(s.value, inputs=names_of(operands))
                return TensorExpression(text, "call", False, "module", means, steps_of(operands))
            case Operation():
                return fill(s.value, [self.operand(v) for v in s.value.inputs], self.p.say)
            case _:
                raise AssertionError

    def learned(self, value: CallModule, build: ModuleBuild) -> TensorExpression:
        """The expression that uses a learned tensor."""
        tensor = f"self.get_parameter({self.p.say(value.name)})"
        if isinstance(value.name, Const) and is_word(str(value.name.value)):
            tensor = f"self.{value.name.value}"
        operands = [*(self.operand(v) for v in value.inputs), variable(tensor, True)]
        template = build.use.replace("{w}", f"{{{len(value.inputs)}}}")
        inputs = (*value.inputs, tensor)
        filled = fill(Operation(build.op, template, (), inputs, build.precedence), operands, self.p.say)
        *read, own = filled.means.inputs
        assert own == tensor, "the learned tensor is not read"
        return replace(filled, means=replace(value, inputs=tuple(read)))

    def operand(self, var: str) -> TensorExpression:
        """A tensor as it is read."""
        if var not in self.inside:
            return variable(var, var in self.typed)
        made = self.value(self.inside[var])
        return replace(made, means=Copy((var,)), steps=(*made.steps, Compute((var,), made.means)))

    def compute(self, s: Compute, out: Suite, indent: int) -> None:
        """`x = …`."""
        value = self.value(s)
        targets = list(s.targets)
        means = Compute(s.targets, value.means)
        if all(t == UNREAD for t in targets):
            if s.training_only:
                training = out.inner()
                training.add(indent + 4, value.text, *value.steps, means)
                out.choose(indent, [(TRAINING, training)], out.inner())
            else:
                out.add(indent, value.text, *value.steps, means)
            return
        if isinstance(s.value, Copy) and targets == [value.text]:
            return
        text = value.text
        comment = shape_comment(s, self.made)
        if s.training_only:
            nothing = ["torch.empty(0)"] * len(targets)
            otherwise = nothing[0] if len(targets) == 1 else f"({', '.join(nothing)})"
            text, comment = f"{text} if self.training else {otherwise}", "for training only"
        untyped = not value.tensor and len(targets) == 1 and not s.training_only
        type_ = "Tensor" if untyped and targets[0] not in self.written else ""
        self.declared.update(targets if type_ else ())
        self.written.update(targets)
        steps = [replace(x, training_only=s.training_only, shape=()) for x in (*value.steps, means)]
        steps[-1] = replace(steps[-1], shape=s.shape)
        out.bind(indent, targets, text, *steps, type_=type_, comment=comment)
        if untyped and targets[0] not in self.declared:
            self.typed.discard(targets[0])
        else:
            self.typed.update(targets)

    def give(self, s: PyReturn, out: Suite, indent: int) -> None:
        """`return …`."""
        values = [self.operand(v) for v in s.values]
        if s.training:
            training = out.inner()
            self.outputs([self.operand(v) for v in s.training], training, indent + 4)
            out.choose(indent, [(TRAINING, training)], out.inner())
        if len(values) > 1 and s.fields and not s.training:
            self.outputs(values, out, indent)
            return
        steps = steps_of(values)
        if len(values) > 1:
            out.add(indent, f"return {', '.join(v.text for v in values)}", *steps, PyReturn(names_of(values)))
            return
        (value,) = values
        if value.tensor:
            out.add(indent, f"return {value.text}", *steps, PyReturn(names_of(values)))
            return
        name = fresh("logits" if self.made.kind == "model" else "out", self.taken)
        self.taken.add(name)
        out.add(indent, f"{name}: Tensor = {value.text}", *steps, Compute((name,), value.means))
        out.add(indent, f"return {name}", PyReturn((name,)))

    def outputs(self, values: Sequence[TensorExpression], out: Suite, indent: int) -> None:
        """`return Outputs(…)`."""
        text = f"return {self.p.names[id(self.made)]}Outputs({', '.join(v.text for v in values)})"
        out.add(indent, text, *steps_of(values), PyReturn(names_of(values)))


def shape_comment(s: Compute, made: Class) -> str:
    """The shape of a tensor, if it is known."""
    if made.kind != "model" or not s.shape or not all(isinstance(e, Const) for e in s.shape):
        return ""
    return "x".join(str(e.value) for e in s.shape if isinstance(e, Const))
