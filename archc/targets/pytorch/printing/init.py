"""From a class as data to the lines of its `__init__`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archc.ir.expr import (
    TRUE,
    ConditionalExpr,
    Const,
    Expr,
    Text,
    Var,
    leaves,
    mapped,
    variables,
)
from archc.support.columns import width
from archc.support.record import Struct, field, replace
from archc.targets.pytorch.code import (
    Append,
    Assign,
    Build,
    Choose,
    Class,
    Container,
    ModuleBuild,
    New,
    OpenContainer,
    PassedModule,
    PyFor,
    PyIf,
    Register,
    Sequential,
    Statement,
)
from archc.targets.pytorch.layout import BODY, laid_out
from archc.targets.pytorch.names import fresh
from archc.targets.pytorch.passes.containers import is_learned, is_word, parted
from archc.targets.pytorch.printing.forms import (
    IDENTITY,
    Line,
    LoopHead,
    PrintedArgument,
    PrintedChildren,
    PrintedModule,
    Put,
    Suite,
    again,
    annotated,
    by_name,
    child,
    child_of,
    dictionary,
    each,
    either,
    item,
    items,
    keyword,
    layer,
    learned_of,
    modules,
    modules_alike,
    modules_of,
    new,
    pair,
    passed,
    perhaps,
    repeated,
    sequence,
    some,
)
from archc.targets.pytorch.printing.held import gathered, of_several_kinds
from archc.targets.pytorch.printing.text import (
    default_of,
    layer_arguments,
    loop_text,
    named,
    ordered,
    pattern_text,
    said,
    tidy,
    title_of,
)
from archc.targets.pytorch.printing.ways import way
from archc.targets.pytorch.walk import exprs, unnamed, walk

_MOST = 88
"""The maximum length of the line of an assignment."""


class Printer(Struct):
    """Prints one class. `layers`: the text of a layer that is passed as a value."""

    made: Class
    names: Mapping[int, str]
    layers: Callable[[str], str]
    taken: set[str] = field(default_factory=set)
    """The names of `__init__`."""
    mixed: set[Expr] = field(default_factory=set)
    annotated: set[Expr] = field(default_factory=set)
    """Those of the attributes of several classes that have their type."""

    # -- names

    def prepare(self) -> None:
        """Gather the names of `__init__`."""
        self.taken = {*self.made.outer, *(a.name for a in self.made.arguments)}
        for s in walk(self.made.init):
            match s:
                case Assign():
                    self.taken.add(s.name)
                case PyFor():
                    self.taken.update(s.target.names())

    def own(self, hint: str) -> str:
        """A name that is not used in `__init__`."""
        name = fresh(hint, self.taken)
        self.taken.add(name)
        return name

    def say(self, e: Expr) -> str:
        """The text of an expression."""
        return tidy(e, said, self.layers)

    # -- __init__

    def init(self) -> Suite:
        """The statements of `__init__` after `super().__init__`, without the fields."""
        suite, self.mixed = Suite(self.say), of_several_kinds(self.made)
        self.block(gathered(self.made, lambda b: self.build(b) is not None), suite, 0)
        return suite

    def fields(self) -> list[tuple[Line, tuple[str, Expr]]]:
        """The fields, which are set at the end of `__init__`."""
        return [((0, f"self.{name} = {self.say(e)}", ""), (name, e)) for name, e in self.made.fields]

    def block(self, statements: Sequence[Statement], out: Suite, indent: int) -> None:
        """Print statements that build."""
        for s in statements:
            match s:
                case Assign():
                    self.assign(s.name, s.value, out, indent)
                case Register():
                    self.register(s, out, indent)
                case OpenContainer():
                    self.open(s, out, indent)
                case Append():
                    self.append(s, out, indent)
                case PyIf():
                    then, otherwise = out.inner(), out.inner()
                    self.block(s.then, then, indent + 4)
                    self.block(s.otherwise, otherwise, indent + 4)
                    out.choose(indent, [(s.condition, then)], otherwise)
                case PyFor():
                    body = out.inner()
                    self.block(s.body, body, indent + 4)
                    out.loop(indent, self.head(s), body)
                case _:
                    raise AssertionError(s)

    def assign(self, name: str, value: Expr, out: Suite, indent: int) -> None:
        """`name = value`; a choice that is too long for a line becomes an `if` statement."""
        alone = out.inner()
        alone.assign(indent, name, value)
        inner = next((e for e in leaves(value) if isinstance(e, ConditionalExpr)), None)
        if inner is None or width(alone.lines[0][1]) + indent <= _MOST:
            out.extend(alone)
        elif isinstance(value, ConditionalExpr):
            cases: list[tuple[Expr, Suite]] = []
            rest: Expr = value
            while isinstance(rest, ConditionalExpr):
                cases.append((rest.condition, out.inner()))
                self.assign(name, rest.then, cases[-1][1], indent + 4)
                rest = rest.otherwise
            last = out.inner()
            if self.say(rest) != name:
                self.assign(name, rest, last, indent + 4)
            out.choose(indent, cases, last)
        else:
            part = Var(name=self.own("part"), type="int")
            self.assign(part.name, inner, out, indent)
            self.assign(name, mapped(value, lambda e: None, {}, {id(inner): (inner, part)}), out, indent)

    def head(self, s: PyFor) -> LoopHead:
        """The names of a loop, `_` for unused ones, and its iterable."""
        read = {n for inner in walk(s.body) for e in exprs(inner) for n in variables(e)}
        target, over = named(s.target, read), s.over
        if target.name == "_" and isinstance(over, Const) and isinstance(over.value, tuple):
            over = Const(value=tuple(range(len(over.value))))
        return LoopHead(f"{pattern_text(target)} in {loop_text(over, self.say)}", target, over)

    def register(self, s: Register, out: Suite, indent: int) -> None:
        """A child with a name."""
        put = (learned_of if is_learned(s) else child_of)(self.made, s.name, self.say)
        word = is_word(way(self.made, s.name, self.say).removeprefix("self."))
        if word and (s.condition != TRUE or s.name in self.mixed) and s.name not in self.annotated:
            self.annotated.add(s.name)
            put = annotated(put)
        if s.condition == TRUE:
            self.shorter(s.name, s.build, put, out, indent)
            return
        out.put(indent, put, IDENTITY)
        present = out.inner()
        self.shorter(s.name, s.build, again(self.made, s.name, self.say), present, indent + 4)
        out.choose(indent, [(s.condition, present)], out.inner())

    def open(self, s: OpenContainer, out: Suite, indent: int) -> None:
        """An empty container."""
        name = Const(value=s.path)
        module = self.container(Container(self.made.containers[s.path]))
        assert module is not None
        if not s.once:
            out.put(indent, child_of(self.made, name, self.say), module)
            return
        around, own = parted(name)
        place = way(self.made, Const(value=around), self.say) if around else "self"
        said, _ = child_of(self.made, name, self.say)(module)
        out.add(indent, f"if not hasattr({place}, {self.say(own)}):", s)
        out.add(indent + 4, said)

    def shorter(self, name: Expr, build: Build, put: Put, out: Suite, indent: int) -> None:
        """Print one statement, or several if they have fewer lines or are the only way."""
        module = self.build(build)
        if isinstance(build, Sequential) and (module is None or any(isinstance(x, PyFor) for x in build.body)):
            taken, several = set(self.taken), out.inner()
            self.long_sequence(name, build, put, several, indent)
            written = sum(len(laid_out(said, BODY + deep)) for deep, said, _ in several.lines)
            if module is None or written < len(laid_out(put(module)[0], BODY + indent)):
                out.extend(several)
                return
            self.taken = taken
        assert module is not None
        out.put(indent, put, module)

    def long_sequence(self, name: Expr, build: Sequential, put: Put, out: Suite, indent: int) -> None:
        """Print a sequence that needs statements: its constructor has what it can, the rest is appended."""
        statements = list(build.body)
        first: list[Statement] = []
        while statements and isinstance(statements[0], Append) and self.build(statements[0].build) is not None:
            first.append(statements.pop(0))
        start = self.children(first, build.named)
        if start is None:  # computed names need statements
            statements, start = list(build.body), []
        place = put(PrintedModule("", build))[0].removesuffix(" = ")
        variable = name in self.mixed or not is_word(place.removeprefix("self."))
        rest = out.inner(self.own(title_of(name)) if variable else place)
        self.block(statements if build.named else unnamed(statements), rest, indent)
        out.grow(indent, put, start, rest, variable)

    def append(self, s: Append, out: Suite, indent: int) -> None:
        """A child of a sequence."""
        if s.name is not None:
            self.shorter(s.name, s.build, out.append(s.name), out, indent)
        elif (module := self.build(s.build)) is not None:
            out.put(indent, out.append(None), module)
        else:
            assert isinstance(s.build, Sequential)
            rest = out.inner(self.own("block"))
            self.block(s.build.body if s.build.named else unnamed(s.build.body), rest, indent)
            out.grow(indent, out.append(None), [], rest, True)

    # -- builds

    def build(self, build: Build) -> PrintedModule | None:
        """A build as one expression; None if it needs statements."""
        match build:
            case ModuleBuild():
                made = layer(build, layer_arguments(build, self.say), build.inplace)
                return replace(made, text=f"nn.Parameter({made.text})") if build.use else made
            case New():
                order = [a.name for a in ordered(build.made.arguments)]
                return new(self.names[id(build.made)], build.made, self.arguments(build), order)
            case PassedModule():
                return passed(build, self.say, build.inplace)
            case Choose():
                then, otherwise = self.build(build.then), self.build(build.otherwise)
                if then is None or otherwise is None:
                    return None
                return either(then, build.condition, otherwise, self.say)
            case Sequential():
                inside = self.children(build.body, build.named)
                return None if inside is None else sequence(inside)
            case Container():
                return self.container(build)

    def container(self, build: Container) -> PrintedModule | None:
        """A container, with its children."""
        match build.body:
            case (PyFor(body=(Append(build=inner),)) as loop,):
                module = self.build(inner)
                return None if module is None else modules_of(module, self.head(loop))
        made: list[tuple[Expr | None, PrintedModule]] = []
        for s in build.body:
            assert isinstance(s, Append)
            if (module := self.build(s.build)) is None:
                return None
            made.append((s.name, module))
        if build.kind == "dict":
            return dictionary([item(str(n.value), m) for n, m in made if isinstance(n, Const)])
        if len(made) > 1 and all(m == made[0][1] for _, m in made):
            return modules_alike(made[0][1], len(made))
        return modules([child(m) for _, m in made])

    def arguments(self, build: New) -> list[PrintedArgument]:
        """The arguments of a class, without those that are its defaults."""
        given = dict(build.arguments)
        parts: list[PrintedArgument] = []
        skipped = False
        for a in ordered(build.made.arguments):
            value = given.pop(a.name, None)
            if value is None or (a.default is not None and value == default_of(a)):
                skipped = True
                continue
            parts.append(PrintedArgument(self.say(value), value, a.name if skipped else ""))
        return parts + [PrintedArgument(self.say(value), value, name) for name, value in given.items()]

    def children(self, statements: Sequence[Statement], named: bool) -> list[PrintedChildren] | None:
        """The arguments of an `nn.Sequential`; None if it needs statements."""
        return self.named_children(statements) if named else self.plain_children(statements)

    def plain_children(self, statements: Sequence[Statement]) -> list[PrintedChildren] | None:
        """Children without labels, whose names are their positions."""
        parts: list[PrintedChildren] = []
        position = 0
        while position < len(statements):
            s = statements[position]
            position += 1
            match s:
                case Append():
                    module = self.build(s.build)
                    if module is None:
                        return None
                    count = 1
                    while (
                        isinstance(s.build, New)
                        and position < len(statements)
                        and isinstance(follower := statements[position], Append)
                        and follower.build == s.build
                    ):
                        count, position = count + 1, position + 1
                    parts.append(child(module) if count == 1 else repeated(module, count))
                case PyIf(then=(Append(build=one),), otherwise=(Append(build=other),)):
                    module = self.build(Choose(s.condition, one, other))
                    if module is None:
                        return None
                    parts.append(child(module))
                case PyIf():
                    then, otherwise = self.plain_children(s.then), self.plain_children(s.otherwise)
                    if then is None or otherwise is None:
                        return None
                    parts.append(some(then, s.condition, otherwise, self.say))
                case PyFor(body=(Append(build=inner),)):
                    module = self.build(inner)
                    if module is None:
                        return None
                    parts.append(each(child(module), self.head(s)))
                case _:
                    return None
        return parts

    def named_children(self, statements: Sequence[Statement]) -> list[PrintedChildren] | None:
        """Children with names of their own."""
        found: list[tuple[Statement, PrintedModule]] = []
        plain = True
        for s in statements:
            match s:
                case Append(name=Const(), build=build):
                    pass
                case (
                    PyFor(body=(Append(name=Text(), build=build),))
                    | PyIf(then=(Append(name=Const(), build=build),), otherwise=())
                ):
                    plain = False
                case _:
                    return None
            module = self.build(build)
            if module is None:
                return None
            found.append((s, module))
        if not found:
            return []
        words = all(is_word(str(s.name.value)) for s, _ in found if isinstance(s, Append) and isinstance(s.name, Const))
        if not plain and not words:
            return None
        return [by_name([self.named_child(s, m, words) for s, m in found], not words)]

    def named_child(self, s: Statement, module: PrintedModule, word: bool) -> PrintedChildren:
        """One argument of an `OrderedDict`, or one pair of the list that is passed to it."""
        match s:
            case PyFor(body=(Append(name=Text() as name),)):
                return items(name, module, self.head(s), self.say)
            case PyIf(condition=condition, then=(Append(name=Const(value=value)),)):
                return perhaps(str(value), module, condition, self.say)
            case Append(name=Const(value=value)):
                return keyword(str(value), module) if word else pair(str(value), module)
            case _:
                raise AssertionError(s)
