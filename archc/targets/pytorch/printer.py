"""From classes as data to lines of Python."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from archc.network.data import Callee
from archc.network.definition import Pattern
from archc.network.expr import (
    TRUE,
    Binary,
    Conditional,
    Const,
    Expr,
    Index,
    Items,
    Text,
    Var,
    leaves,
    literal,
    mapped,
    printed,
    unary,
    variables,
)
from archc.record import Record, Struct, field
from archc.targets.pytorch.code import (
    Append,
    Argument,
    Assign,
    Build,
    CallModule,
    Choose,
    Class,
    Compute,
    Copy,
    For,
    If,
    Layer,
    New,
    Operation,
    Passed,
    Register,
    Return,
    Sequential,
    Statement,
    exprs,
    unnamed,
    walk,
    writes,
)
from archc.targets.pytorch.layout import laid_out
from archc.targets.pytorch.names import fresh
from archc.targets.pytorch.passes.naming import UNREAD

Line = tuple[int, str, str]
"""A statement: its indentation, its text, a comment."""
_MOST = 88
"""Characters of an assignment's line."""


class Value(Record):
    """A tensor's expression in `forward`: its text, how it binds, whether Python knows that it is a tensor."""

    text: str
    level: str
    tensor: bool
    kind: str


class Printer(Struct):
    """Prints one class. `layers`: how a layer that is passed as a value is written."""

    made: Class
    names: Mapping[int, str]
    layers: Callable[[str], str]
    taken: set[str] = field(default_factory=set)
    """The names of `__init__`."""
    uses_ordered: bool = False

    # -- names

    def prepare(self) -> None:
        """Gather the names of `__init__`."""
        self.taken = {"self"} | {a.name for a in self.made.arguments}
        for s in walk(self.made.init):
            match s:
                case Assign():
                    self.taken.add(s.name)
                case For():
                    self.taken.update(s.target.names())

    def own(self, hint: str) -> str:
        """A name that nothing in `__init__` has."""
        name = fresh(hint, self.taken)
        self.taken.add(name)
        return name

    def say(self, e: Expr) -> str:
        """An expression."""
        return tidy(e, said, self.layers)

    # -- __init__

    def init(self) -> list[Line]:
        """The lines of `__init__` behind `super().__init__`."""
        lines: list[Line] = []
        self.block(self.made.init, lines, 0, "self")
        lines += [(0, f"self.{name} = {self.say(e)}", "") for name, e in self.made.fields]
        return lines

    def block(self, statements: Sequence[Statement], lines: list[Line], indent: int, into: str) -> None:
        """Statements that build."""
        for s in statements:
            match s:
                case Assign():
                    self.assign(s.name, s.value, lines, indent)
                case Register():
                    self.register(s, lines, indent, into)
                case Append():
                    self.append(s, lines, indent, into)
                case If():
                    self.condition(s, lines, indent, into)
                case For():
                    lines.append((indent, self.head(s), ""))
                    self.block(s.body, lines, indent + 4, into)
                case _:
                    pass

    def assign(self, name: str, value: Expr, lines: list[Line], indent: int) -> None:
        """`name = value`; what is too long for a line is chosen by statements."""
        text = _assignment(name, value, self.say(value))
        inner = next((e for e in leaves(value) if isinstance(e, Conditional)), None)
        if inner is None or len(text) + indent <= _MOST:
            lines.append((indent, text, ""))
        elif isinstance(value, Conditional):
            word = "if"
            rest: Expr = value
            while isinstance(rest, Conditional):
                lines.append((indent, f"{word} {self.say(rest.condition)}:", ""))
                self.assign(name, rest.then, lines, indent + 4)
                word, rest = "elif", rest.otherwise
            lines.append((indent, "else:", ""))
            self.assign(name, rest, lines, indent + 4)
        else:
            part = Var(name=self.own("part"), type="int")
            self.assign(part.name, inner, lines, indent)
            self.assign(name, mapped(value, lambda e: None, {}, {id(inner): (inner, part)}), lines, indent)

    def condition(self, s: If, lines: list[Line], indent: int, into: str) -> None:
        """An `if`."""
        if s.then:
            lines.append((indent, f"if {self.say(s.condition)}:", ""))
            self.block(s.then, lines, indent + 4, into)
            if s.otherwise:
                lines.append((indent, "else:", ""))
                self.block(s.otherwise, lines, indent + 4, into)
        elif s.otherwise:
            lines.append((indent, f"if {self.say(unary('not', s.condition))}:", ""))
            self.block(s.otherwise, lines, indent + 4, into)

    def head(self, s: For) -> str:
        """The first line of a loop."""
        return f"for {self.turns(s)}:"

    def turns(self, s: For) -> str:
        """The names of a loop and what it runs over."""
        pattern, over = self.pattern(s.target, s.body), s.over
        if pattern == "_" and isinstance(over, Const) and isinstance(over.value, tuple):
            over = Const(value=tuple(range(len(over.value))))
        return f"{pattern} in {loop_text(over, self.say)}"

    def pattern(self, target: Pattern, body: Sequence[Statement], top: bool = True) -> str:
        """The names of a loop, `_` for those that nothing reads."""
        read = {n for s in walk(body) for e in exprs(s) for n in variables(e)}
        return _pattern(target, lambda n: n if n in read else "_", top)

    def register(self, s: Register, lines: list[Line], indent: int, into: str) -> None:
        """A child with a name."""
        plain = isinstance(s.name, Const) and str(s.name.value).isidentifier() and into == "self"
        name = str(s.name.value) if isinstance(s.name, Const) else ""
        if s.condition != TRUE:
            if plain:
                lines.append((indent, f"self.{name}: nn.Module = nn.Identity()", ""))
            else:
                lines.append((indent, f"{into}.add_module({self.quoted(s.name)}, nn.Identity())", ""))
            lines.append((indent, f"if {self.say(s.condition)}:", ""))
            self.register(Register(s.name, s.build), lines, indent + 4, into)
            return
        text = self.build(s.build)
        line = f"self.{name} = {text}" if plain else f"{into}.add_module({self.quoted(s.name)}, {text})"
        self.shorter(s.name, s.build, None if text is None else line, lines, indent, into, plain)

    def shorter(
        self, name: Expr, build: Build, line: str | None, lines: list[Line], indent: int, into: str, plain: bool
    ) -> None:
        """One statement, or several where these are fewer lines or the only way."""
        if isinstance(build, Sequential) and (line is None or any(isinstance(x, For) for x in build.body)):
            taken, statements = set(self.taken), list[Line]()
            self.long_sequence(name, build, statements, indent, into, plain)
            written = sum(len(laid_out(said, 8 + deep)) for deep, said, _ in statements)
            if line is None or written < len(laid_out(line, 8 + indent)):
                lines += statements
                return
            self.taken = taken
        assert line is not None
        lines.append((indent, line, ""))

    def quoted(self, name: Expr) -> str:
        """A name as an argument."""
        return self.say(name)

    def long_sequence(
        self, name: Expr, build: Sequential, lines: list[Line], indent: int, into: str, plain: bool
    ) -> None:
        """A sequence that needs statements: what can stands in its constructor, the rest is appended."""
        statements = list(build.body)
        first: list[Statement] = []
        while statements and isinstance(statements[0], Append) and self.build(statements[0].build) is not None:
            first.append(statements.pop(0))
        start = self.children(first, build.named) or ""
        if plain:
            assert isinstance(name, Const)
            target = f"self.{name.value}"
            lines.append((indent, f"{target} = nn.Sequential({start})", ""))
        else:
            target = self.own(_title_of(name))
            lines.append((indent, f"{target} = nn.Sequential({start})", ""))
        inner = [
            s if not isinstance(s, Append) or build.named else Append(None, s.build, s.implicit) for s in statements
        ]
        self.block(unnamed(inner) if not build.named else inner, lines, indent, target)
        if not plain:
            lines.append((indent, f"{into}.add_module({self.quoted(name)}, {target})", ""))

    def append(self, s: Append, lines: list[Line], indent: int, into: str) -> None:
        """A child of a sequence."""
        text = self.build(s.build)
        if s.name is not None:
            line = None if text is None else f"{into}.add_module({self.quoted(s.name)}, {text})"
            self.shorter(s.name, s.build, line, lines, indent, into, False)
        elif text is not None:
            lines.append((indent, f"{into}.append({text})", ""))
        else:
            assert isinstance(s.build, Sequential)
            target = self.own("block")
            self.local_sequence(target, s.build, lines, indent)
            lines.append((indent, f"{into}.append({target})", ""))

    def local_sequence(self, target: str, build: Sequential, lines: list[Line], indent: int) -> None:
        """A sequence in a local variable."""
        lines.append((indent, f"{target} = nn.Sequential()", ""))
        self.block(build.body if build.named else unnamed(build.body), lines, indent, target)

    # -- builds

    def build(self, build: Build) -> str | None:
        """A build as one expression; None where it needs statements."""
        match build:
            case Layer():
                parts = layer_arguments(build, self.say)
                return f"{build.target}({', '.join(parts)})"
            case New():
                return f"{self.names[id(build.made)]}({', '.join(self.arguments(build))})"
            case Passed():
                return f"{self.say(build.callee)}({'inplace=True' if build.inplace else ''})"
            case Choose():
                then, otherwise = self.build(build.then), self.build(build.otherwise)
                if then is None or otherwise is None:
                    return None
                return f"{then} if {self.say(build.condition)} else {otherwise}"
            case Sequential():
                inside = self.children(build.body, build.named)
                return None if inside is None else f"nn.Sequential({inside})"

    def arguments(self, build: New) -> list[str]:
        """The arguments of a class, without those that are its defaults."""
        given = dict(build.arguments)
        parts: list[str] = []
        skipped = False
        for a in ordered(build.made.arguments):
            if a.name not in given:
                continue
            if a.default is not None and given[a.name] == default_of(a):
                skipped = True
                continue
            text = self.say(given[a.name])
            parts.append(f"{a.name}={text}" if skipped else text)
        return parts

    def children(self, statements: Sequence[Statement], named: bool) -> str | None:
        """The arguments of an `nn.Sequential`; None where it needs statements."""
        return self.named_children(statements) if named else self.plain_children(statements)

    def plain_children(self, statements: Sequence[Statement]) -> str | None:
        """Children that count from 0."""
        parts: list[str] = []
        position = 0
        while position < len(statements):
            s = statements[position]
            position += 1
            match s:
                case Append():
                    text = self.build(s.build)
                    if text is None:
                        return None
                    count = 1
                    while (
                        isinstance(s.build, New)
                        and position < len(statements)
                        and isinstance(follower := statements[position], Append)
                        and follower.build == s.build
                    ):
                        count, position = count + 1, position + 1
                    parts.append(text if count == 1 else f"*({text} for _ in range({count}))")
                case If():
                    then, otherwise = self.plain_children(s.then), self.plain_children(s.otherwise)
                    if then is None or otherwise is None:
                        return None
                    condition = self.say(s.condition)
                    if len(s.then) == len(s.otherwise) == 1 and _is_one(s.then[0]) and _is_one(s.otherwise[0]):
                        parts.append(f"{then} if {condition} else {otherwise}")
                    elif not s.then:
                        parts.append(f"*([] if {condition} else [{otherwise}])")
                    else:
                        parts.append(f"*([{then}] if {condition} else [{otherwise}])")
                case For():
                    if len(s.body) != 1 or not _is_one(s.body[0]):
                        return None
                    inner = self.plain_children(s.body)
                    if inner is None or inner.startswith("*"):
                        return None
                    parts.append(f"*({inner} for {self.turns(s)})")
                case _:
                    return None
        return ", ".join(parts)

    def named_children(self, statements: Sequence[Statement]) -> str | None:
        """Children with names of their own."""
        rows: list[tuple[str | None, str]] = []
        for s in statements:
            match s:
                case Append(name=Const(value=value)):
                    text = self.build(s.build)
                    if text is None:
                        return None
                    rows.append((str(value), text))
                case For(body=(Append(name=Text() as name) as inner,)):
                    text = self.build(inner.build)
                    if text is None:
                        return None
                    rows.append((None, f"**{{{self.say(name)}: {text} for {self.turns(s)}}}"))
                case If(then=(Append(name=Const(value=value)) as inner,), otherwise=()):
                    text = self.build(inner.build)
                    if text is None:
                        return None
                    key = literal(str(value))
                    rows.append((None, f"**({{{key}: {text}}} if {self.say(s.condition)} else {{}})"))
                case _:
                    return None
        if not rows:
            return ""
        self.uses_ordered = True
        if all(n is None or (n.isidentifier() and not keyword.iskeyword(n)) for n, _ in rows):
            return f"OrderedDict({', '.join(t if n is None else f'{n}={t}' for n, t in rows)})"
        if any(n is None for n, _ in rows):
            return None
        return f"OrderedDict([{', '.join(f'({literal(n)}, {t})' for n, t in rows if n is not None)}])"

    # -- forward

    def forward(self) -> list[Line]:
        """The lines of `forward`."""
        return Forward(self).lines()


class Forward:
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
                case If():
                    self.condition(s, indent)
                case For():
                    self.out.append((indent, self.p.head(s), ""))
                    self.block(s.body, indent + 4)
                case Return():
                    self.give(s, indent)
                case _:
                    pass

    def condition(self, s: If, indent: int) -> None:
        """An `if`, without `else` where the first side returns."""
        mark = len(self.out)
        typed = set(self.typed)
        self.out.append((indent, f"if {self.p.say(s.condition)}:", ""))
        self.block(s.then, indent + 4)
        empty = len(self.out) == mark + 1
        then_typed, self.typed = self.typed, set(typed)
        ends = bool(s.then) and isinstance(s.then[-1], Return)
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

    def value(self, s: Compute) -> Value:
        """The expression of a statement."""
        match s.value:
            case Copy(inputs=(var,)):
                return self.operand(var)
            case CallModule():
                inputs = ", ".join(self.operand(v).text for v in s.value.inputs)
                name = s.value.name
                if isinstance(name, Const) and str(name.value).isidentifier():
                    return Value(f"self.{name.value}({inputs})", "call", False, "module")
                return Value(f"self.get_submodule({self.p.say(name)})({inputs})", "call", False, "module")
            case Operation():
                return self.operation(s.value)
            case _:
                raise AssertionError

    def operand(self, var: str) -> Value:
        """A tensor as it is read."""
        if var in self.inside:
            return self.value(self.inside[var])
        return Value(var, "name", var in self.typed, "name")

    def operation(self, value: Operation) -> Value:
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

    def give(self, s: Return, indent: int) -> None:
        """`return …`."""
        texts = [self.operand(v) for v in s.values]
        if s.training:
            training = ", ".join(self.operand(v).text for v in s.training)
            self.out.append((indent, "if self.training:", ""))
            self.out.append((indent + 4, f"return {self.p.names[id(self.made)]}Outputs({training})", ""))
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


# -- small things -----------------------------------------------------------------------------------------------------

_LEVELS = {"call": 9, "product": 6, "sum": 5}


def fill(value: Operation, operands: Sequence[Value], say: Callable[[Expr], str]) -> Value:
    """A template with its operands and numbers."""
    if value.template == "{0}":
        return operands[0]
    template = value.template.replace("F.", "nn.functional.", 1) if value.template.startswith("F.") else value.template
    if template.startswith("{0}[:, "):
        template = _sliced(template, dict(value.values), say)
    joins = template.replace(" ", "")
    sums = joins.startswith("{0}") and value.precedence in ("sum", "product")
    parts: list[str] = []
    rest = template
    known = dict(value.values)
    while "{" in rest:
        before, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        parts.append(before)
        if name == "*":
            parts.append(", ".join(o.text for o in operands))
        elif name.isdecimal():
            operand = operands[int(name)]
            level = _LEVELS.get(operand.level, 9)
            if value.precedence == "call":
                loose = level < 9 and rest.startswith((".", "["))
            else:
                loose = level < _LEVELS[value.precedence]
            if sums and int(name) > 0 and operand.level == value.precedence:
                loose = True
            parts.append(f"({operand.text})" if loose else operand.text)
        else:
            text = say(known[name])
            in_product = value.precedence in ("product", "sum") and not text.isidentifier() and " " in text
            parts.append(f"({text})" if in_product else text)
    text = "".join([*parts, rest])
    if value.inplace:
        text = f"{text[:-1]}, inplace=True)"
    operators = value.precedence in ("sum", "product") or template.startswith("{0}")
    tensor = operands[0].tensor if operators and template.startswith("{0}") and operands else True
    return Value(text, value.precedence, tensor, "operation")


def _sliced(template: str, values: Mapping[str, Expr], say: Callable[[Expr], str]) -> str:
    """The template of a slice, with spaces around its colon where an end is more than a name or number (PEP 8)."""
    start, stop = ("{" + name + "}" if "{" + name + "}" in template else "" for name in ("start", "stop"))
    simple = all(
        say(values[n]).isidentifier() or say(values[n]).isdecimal()
        for n in ("start", "stop")
        if "{" + n + "}" in template
    )
    colon = ":" if simple else f"{' ' * bool(start)}:{' ' * bool(stop)}" if start else ": "
    return f"{{0}}[:, {start}{colon}{stop}]"


def layer_arguments(build: Layer, say: Callable[[Expr], str]) -> list[str]:
    """The arguments of a layer as people write them: stride and padding by position where they are computed."""
    parts = [argument(a, say) for a in build.args]
    defaults = dict(build.defaults)
    kwargs = {n: e for n, e in build.kwargs if e != defaults.get(n)}
    if build.target == "nn.Conv2d" and len(parts) == 3 and not isinstance(kwargs.get("stride", TRUE), Const):
        parts.append(argument(kwargs.pop("stride"), say))
        if not isinstance(kwargs.get("padding", TRUE), Const):
            parts.append(argument(kwargs.pop("padding"), say))
    if "Pool" in build.target and len(parts) == 1 and "stride" in kwargs:
        parts.append(argument(kwargs.pop("stride"), say))
    parts += [f"{n}={argument(e, say)}" for n, e in kwargs.items()]
    if build.inplace:
        parts.append("inplace=True")
    return parts


def argument(e: Expr, say: Callable[[Expr], str]) -> str:
    """An argument; a pair that is a variable's two halves is the variable, a list of equal numbers a product."""
    if isinstance(e, Items) and len(e.items) == 2:
        one, two = e.items
        match one, two:
            case Index(of=Var() as of, index=Const(value=0)), Index(index=Const(value=1)) if of == two.of:
                return say(of)
    if isinstance(e, Const) and isinstance(e.value, tuple) and len(e.value) > 2 and len(set(map(repr, e.value))) == 1:
        return f"[{literal_number(e.value[0])}] * {len(e.value)}"
    if isinstance(e, Const) and isinstance(e.value, tuple) and (len(e.value) > 2 or _nested_tuple(e.value)):
        return _list_text(e.value)
    return say(e)


def _nested_tuple(value: tuple[object, ...]) -> bool:
    return any(isinstance(v, tuple) for v in value) or any(isinstance(v, float) for v in value)


def _list_text(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_list_text, value))}]"
    return literal_number(value)


def literal_number(value: object) -> str:
    """A number; `2 / 3` for 0.6666666666666666."""
    if isinstance(value, float) and len(repr(value)) > 12:
        near = Fraction(value).limit_denominator(100)
        if near.numerator / near.denominator == value:
            return f"{near.numerator} / {near.denominator}"
    return literal(value)  # type: ignore[arg-type]  # a number


def tidy(e: Expr, name: Callable[[Expr], str], layers: Callable[[str], str]) -> str:
    """The text of an expression in emitted code."""
    if isinstance(e, Const):
        if isinstance(e.value, Callee):
            return layers(e.value.name)
        return literal_number(e.value) if isinstance(e.value, float) else literal(e.value)
    if isinstance(e, Var):
        return name(e)
    text, _ = printed(e, name)
    return text


def loop_text(over: Expr, say: Callable[[Expr], str]) -> str:
    """What a loop runs over: a known range as `range(…)`, a table as it is."""
    if isinstance(over, Const) and isinstance(over.value, tuple):
        rows = over.value
        numbers = [r for r in rows if type(r) is int]
        if rows and len(numbers) == len(rows) and numbers == list(range(numbers[0], numbers[0] + len(rows))):
            return f"range({numbers[0]}, {numbers[0] + len(rows)})" if numbers[0] else f"range({len(rows)})"
        pairs = [r for r in rows if isinstance(r, tuple) and len(r) == 2]
        if pairs and len(pairs) == len(rows) and [p[0] for p in pairs] == list(range(len(rows))):
            return f"enumerate({loop_text(Const(value=tuple(p[1] for p in pairs)), say)})"
    return say(over)


def ordered(arguments: Sequence[Argument]) -> list[Argument]:
    """Parameters in Python's order: those with a default come last."""
    return [a for a in arguments if default_of(a) is None] + [a for a in arguments if default_of(a) is not None]


def default_of(a: Argument) -> Expr | None:
    """The default of a parameter, if it is a number."""
    e = a.default
    if not isinstance(e, Const) or isinstance(e.value, Callee) or e.value is None or isinstance(e.value, str):
        return None
    if a.type == "tuple[int, int]" and type(e.value) is int:
        return Const(value=(e.value, e.value))
    if a.type == "tuple[int, int]" and not isinstance(e.value, tuple):
        return None
    return e


def shape_comment(s: Compute, made: Class) -> str:
    """The shape of a tensor, where it is known."""
    if made.kind != "model" or not s.shape or not all(isinstance(e, Const) for e in s.shape):
        return ""
    return "x".join(str(e.value) for e in s.shape if isinstance(e, Const))


def _is_one(s: Statement) -> bool:
    return isinstance(s, Append)


def said(e: Expr) -> str:
    """How a variable is written."""
    assert isinstance(e, Var)
    return e.name


def _assignment(name: str, value: Expr, text: str) -> str:
    """`channels += 32` for `channels = channels + 32`."""
    match value:
        case Binary(operator="+" | "-" | "*" | "//", left=Var() as left) if left.name == name and name not in variables(
            value.right
        ):
            return f"{name} {value.operator}= {tidy(value.right, said, str)}"
    return f"{name} = {text}"


def _pattern(target: Pattern, name: Callable[[str], str], top: bool) -> str:
    if target.name:
        return name(target.name)
    inside = ", ".join(_pattern(t, name, False) for t in target.items)
    return inside if top and len(target.items) > 1 else f"({inside}{',' if len(target.items) == 1 else ''})"


def _title_of(name: Expr) -> str:
    if isinstance(name, Const):
        found = str(name.value)
    elif isinstance(name, Text):
        found = "".join(str(p.value) for p in name.parts if isinstance(p, Const))
    else:
        found = "block"
    return found if found.isidentifier() else "block"
