"""A spec, and many ways to break its translation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archc.ir.expr import TRUE, Expr, Var, apply, binary, const, unary
from archc.support.record import replace
from archc.targets.pytorch.code import (
    Append,
    Assign,
    CallModule,
    Choose,
    Class,
    Compute,
    Copy,
    ModuleBuild,
    New,
    Operation,
    PyFor,
    PyIf,
    PyReturn,
    Register,
    Sequential,
    Statement,
)

SPEC = """block Unit(c, s=1, flip=false, Act=ReLU) {
  add {
      Conv(c, 3, s, bias=false) - BN - Act - Conv(c, bias=false) - BN
    | down: (Conv(c, 1, s, bias=false) - BN) if (s != 1 or in.channels != c)
  } - Tanh if (flip) else ReLU
}

block Turns(n, c) {
  x = Conv(c)
  x - [add { "u{k}": Conv(c) - Sigmoid | in }] x n as k - ReLU
}

block Stack(n, c) {
  [Conv(c) - ReLU] x n - ReLU if (n > 2)
}

block Pair(c, deep=true) over (a, b) {
  p = a - Conv(c) - mix: Conv(c, 1) if (deep) else mix: Conv(c)
  if deep { q = b - Conv(c) - HSwish } else { q = b - Conv(c, 1) }
  return p, q
}

block Over(c) { y = Conv(c)
  add { y - ReLU | y } }
block Entry(c) { add { ReLU - Conv(c) | Conv(c) } }
block Kept(c) { y = Conv(c) - Sigmoid
  z = y - ReLU
  z }

model m(classes=3) {
  input 4x16x16
  x = Unit(8) - Unit(8, 2, true, SiLU) - Unit(8) - Turns(2, 6) - Turns(3, 8)
  y = x - Stack(1, 8) - Stack(3, 8) - Affine([2.0] * 8, [0.5] * 8) - Over(8) - Entry(8) - Kept(8)
  p, q = y - Chunk(2) - Pair(4) - Pair(6, false)
  z = concat { p | q } - n: BN - ReLU
  unread = z - unread: Conv(2)
  return z - GAPool - fc: FC(classes) - SM
  return training z - GAPool - fc2: FC(classes), x - aux: FC(classes)
}
"""
Change = Callable[[Any], Sequence[Statement]]
BREAKAGES: dict[str, tuple[str, Callable[[Class], None]]] = {}


def breaks(called: str) -> Callable[[Callable[[Class], None]], None]:
    """Register a way to break a class of `SPEC`."""

    def noted(breakage: Callable[[Class], None]) -> None:
        BREAKAGES[breakage.__name__] = called, breakage

    return noted


# -- how statements are changed ---------------------------------------------------------------------------------------


def changed(statements: Sequence[Statement], chosen: Callable[[Statement], bool], change: Change) -> Any:
    """Statements, at any depth, with the chosen ones replaced; at least one must be."""
    count = [0]

    def go(before: Sequence[Statement]) -> tuple[Statement, ...]:
        after: list[Statement] = []
        for s in before:
            if chosen(s):
                count[0] += 1
                after += change(s)
                continue
            match s:
                case PyIf():
                    s = PyIf(s.condition, go(s.then), go(s.otherwise))
                case PyFor():
                    s = replace(s, body=go(s.body))
                case Register() | Append() if isinstance(s.build, Sequential):
                    s = replace(s, build=replace(s.build, body=go(s.build.body)))
                case _:
                    pass
            after.append(s)
        return tuple(after)

    found = go(statements)
    assert count[0], "nothing was broken"
    return found


def in_init(made: Class, chosen: Callable[[Statement], bool], change: Change) -> None:
    made.init = changed(made.init, chosen, change)


def in_forward(made: Class, chosen: Callable[[Statement], bool], change: Change) -> None:
    made.forward = changed(made.forward, chosen, change)


def is_a(kind: type[Statement]) -> Callable[[Statement], bool]:
    return lambda s: isinstance(s, kind)


def module(name: str) -> Callable[[Statement], bool]:
    """The registration of a module."""
    return lambda s: isinstance(s, Register) and s.name == const(name)


def call(name: str) -> Callable[[Statement], bool]:
    """The call of a module."""
    return lambda s: isinstance(s, Compute) and isinstance(s.value, CallModule) and s.value.name == const(name)


def function(kind: str) -> Callable[[Statement], bool]:
    """An op that is written as a function."""
    return lambda s: isinstance(s, Compute) and isinstance(s.value, Operation) and s.value.op.kind() == kind


def built(**changes: Any) -> Change:
    """Change the constructor call of a module."""
    return lambda s: [replace(s, build=replace(s.build, **changes))]


def valued(**changes: Any) -> Change:
    """Change the value of a statement."""
    return lambda s: [replace(s, value=replace(s.value, **changes))]


def given(name: str, e: Expr) -> Change:
    """Change an argument of a module."""

    def change(s: Register) -> Sequence[Statement]:
        assert isinstance(s.build, ModuleBuild | New)
        field = "kwargs" if isinstance(s.build, ModuleBuild) else "arguments"
        return built(**{field: tuple({**dict(getattr(s.build, field)), name: e}.items())})(s)

    return change


def one(e: Expr) -> Expr:
    """`e + 1`."""
    return binary("+", e, const(1))


def longer(s: PyFor) -> Sequence[Statement]:
    """The loop with one more turn."""
    assert hasattr(s.over, "arguments")
    return [replace(s, over=apply("range", (one(s.over.arguments[0]),), (), {}))]


def turned(s: Register | PyIf) -> Sequence[Statement]:
    return [replace(s, condition=unary("not", s.condition))]


# -- the breakages ----------------------------------------------------------------------------------------------------


@breaks("Unit")
def a_statement_is_dropped(made: Class) -> None:
    in_forward(made, call("bn2"), lambda s: [])


@breaks("m")
def a_layer_that_nothing_reads_is_dropped(made: Class) -> None:
    in_forward(made, call("unread"), lambda s: [])


@breaks("Unit")
def a_layer_is_passed_over(made: Class) -> None:
    in_forward(made, call("bn1"), lambda s: [replace(s, value=Copy(s.value.inputs))])


@breaks("Unit")
def a_module_is_dropped(made: Class) -> None:
    in_init(made, module("bn1"), lambda s: [])


@breaks("m")
def operands_are_exchanged(made: Class) -> None:
    in_forward(made, function("Concat"), lambda s: valued(inputs=s.value.inputs[::-1])(s))


@breaks("Unit")
def a_tensor_is_added_to_itself(made: Class) -> None:
    in_forward(made, function("Add"), lambda s: valued(inputs=s.value.inputs[:1] * 2)(s))


@breaks("Unit")
def an_argument_is_wrong(made: Class) -> None:
    in_init(made, module("conv1"), given("padding", const(2)))


@breaks("Unit")
def an_argument_is_missing(made: Class) -> None:
    in_init(made, module("conv1"), built(kwargs=()))


@breaks("Unit")
def a_number_is_of_another_kind(made: Class) -> None:
    in_init(made, module("conv2"), built(args=(const(8), const(8), const(3.0))))


@breaks("m")
def an_argument_of_a_class_is_wrong(made: Class) -> None:
    in_init(made, module("unit2"), given("s", const(3)))


@breaks("m")
def an_argument_of_a_class_is_missing(made: Class) -> None:
    in_init(made, module("turns1"), lambda s: built(arguments=s.build.arguments[1:])(s))


@breaks("m")
def a_class_is_given_what_it_does_not_take(made: Class) -> None:
    in_init(made, module("unit1"), given("t", TRUE))


@breaks("m")
def another_activation_is_passed(made: Class) -> None:
    acts = [dict(s.build.arguments)["act"] for s in made.init if module("unit1")(s)]  # type: ignore[union-attr]
    in_init(made, module("unit2"), given("act", acts[0]))


@breaks("m")
def another_function_of_torch(made: Class) -> None:
    in_forward(made, function("ReLU"), valued(template="F.relu6({0})"))


@breaks("m")
def another_axis(made: Class) -> None:
    in_forward(made, function("Flatten"), valued(template="torch.flatten({0}, 2)"))


@breaks("Unit")
def another_class_of_torch(made: Class) -> None:
    in_init(made, module("bn1"), built(target="nn.BatchNorm1d"))


@breaks("Turns")
def a_turn_more_builds_another_module(made: Class) -> None:
    in_init(made, is_a(PyFor), longer)


@breaks("Turns")
def a_turn_more_calls_a_module_that_is_not_there(made: Class) -> None:
    in_forward(made, is_a(PyFor), longer)


@breaks("Stack")
def a_sequence_is_longer(made: Class) -> None:
    in_init(made, is_a(PyFor), longer)


@breaks("Stack")
def children_stand_in_another_order(made: Class) -> None:
    in_init(made, is_a(PyFor), lambda s: [replace(s, body=s.body[::-1])])


@breaks("Unit")
def a_guard_of_a_module_is_lost(made: Class) -> None:
    in_init(made, module("down"), lambda s: [Register(s.name, s.build)])


@breaks("Stack")
def a_guard_of_a_child_is_lost(made: Class) -> None:
    in_init(made, is_a(PyIf), lambda s: s.then)


@breaks("Pair")
def a_guard_of_forward_is_lost(made: Class) -> None:
    in_forward(made, is_a(PyIf), lambda s: s.then)


@breaks("Unit")
def the_condition_of_a_module_is_negated(made: Class) -> None:
    in_init(made, module("down"), turned)


@breaks("Pair")
def the_condition_of_forward_is_negated(made: Class) -> None:
    in_forward(made, is_a(PyIf), turned)


@breaks("Pair")
def the_sides_of_a_choice_are_exchanged(made: Class) -> None:
    def change(s: Register) -> Sequence[Statement]:
        assert isinstance(s.build, Choose)
        return built(then=s.build.otherwise, otherwise=s.build.then)(s)

    in_init(made, module("mix"), change)


@breaks("Unit")
def a_label_is_wrong(made: Class) -> None:
    in_init(made, module("down"), lambda s: [replace(s, name=const("shortcut"))])
    in_forward(made, call("down"), valued(name=const("shortcut")))


@breaks("Unit")
def two_modules_have_one_name(made: Class) -> None:
    in_init(made, module("bn2"), lambda s: [replace(s, name=const("bn1"))])
    in_forward(made, call("bn2"), valued(name=const("bn1")))


@breaks("Unit")
def another_module_is_called(made: Class) -> None:
    in_forward(made, call("bn1"), valued(name=const("bn2")))


@breaks("Unit")
def the_state_dict_has_another_order(made: Class) -> None:
    first, second, *rest = made.init
    made.init = (second, first, *rest)


@breaks("Over")
def what_is_read_again_is_written_over(made: Class) -> None:
    in_forward(made, function("ReLU"), valued(inplace=True))


@breaks("Entry")
def what_comes_in_is_written_over(made: Class) -> None:
    in_forward(made, function("ReLU"), valued(inplace=True))


@breaks("Kept")
def what_the_backward_pass_needs_is_written_over(made: Class) -> None:
    in_forward(made, function("ReLU"), valued(inplace=True))


@breaks("Stack")
def a_child_of_a_sequence_writes_over_what_is_needed(made: Class) -> None:
    in_init(made, is_a(PyIf), lambda s: [replace(s, then=tuple(x for a in s.then for x in built(inplace=True)(a)))])


@breaks("Unit")
def a_layer_works_in_place_that_cannot(made: Class) -> None:
    in_init(made, module("conv2"), built(inplace=True))


@breaks("Pair")
def results_are_exchanged(made: Class) -> None:
    in_forward(made, is_a(PyReturn), lambda s: [replace(s, values=s.values[::-1])])


@breaks("Turns")
def nothing_is_returned(made: Class) -> None:
    in_forward(made, is_a(PyReturn), lambda s: [])


@breaks("m")
def training_returns_another_tensor(made: Class) -> None:
    in_forward(made, is_a(PyReturn), lambda s: [replace(s, training=s.training[:1] * 2)])


@breaks("m")
def training_returns_what_evaluation_does(made: Class) -> None:
    in_forward(made, is_a(PyReturn), lambda s: [replace(s, training=(), fields=())])


@breaks("m")
def evaluation_reads_what_only_training_computes(made: Class) -> None:
    in_forward(made, call("fc"), lambda s: [replace(s, training_only=True)])


@breaks("Turns")
def a_number_has_no_value(made: Class) -> None:
    in_init(made, is_a(Assign), lambda s: [])


@breaks("Turns")
def a_number_is_carried_wrongly(made: Class) -> None:
    in_init(made, is_a(Assign), lambda s: [Assign(s.name, one(s.value))])


@breaks("Unit")
def a_field_has_no_value(made: Class) -> None:
    in_forward(made, is_a(PyIf), lambda s: [replace(s, condition=Var(name="act~7", type="bool"))])


@breaks("Turns")
def a_field_has_a_value_on_one_side_only(made: Class) -> None:
    turns, late = Var(name="n", type="int"), Var(name="late~1", type="int")
    made.init = (*made.init, PyIf(binary(">", turns, const(2)), (Assign(late.name, turns),)))
    in_forward(made, is_a(PyFor), lambda s: [replace(s, over=apply("range", (late,), (), {}))])


@breaks("Turns")
def the_number_of_a_turn_is_read_behind_its_loop(made: Class) -> None:
    (turn,) = (n for s in made.init if isinstance(s, PyFor) for n in s.target.names())
    condition = binary(">=", Var(name=turn, type="int"), const(0))
    made.init = (*made.init, PyIf(condition, (Assign("late~1", const(1)),)))


@breaks("m")
def a_helper_class_is_left_out(made: Class) -> None:
    in_init(made, module("affine"), built(sources=()))


@breaks("Stack")
def the_docstring_says_another_shape(made: Class) -> None:
    made.outputs = (tuple(map(one, made.outputs[0])),)


@breaks("m")
def a_comment_says_another_shape(made: Class) -> None:
    in_forward(made, call("unit1"), lambda s: [replace(s, shape=(const(9), *s.shape[1:]))])


@breaks("m")
def the_probability_head_is_lost(made: Class) -> None:
    made.head = None


@breaks("m")
def the_probability_head_is_another(made: Class) -> None:
    assert made.head is not None
    made.head = replace(made.head, template="F.softmax({0}, dim=2)")
