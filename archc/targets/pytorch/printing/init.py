"""From a class as data to the lines of its `__init__`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archc.ir.definition import Pattern
from archc.ir.expr import (
    TRUE,
    BinaryExpr,
    ConditionalExpr,
    Const,
    Expr,
    Text,
    Var,
    leaves,
    literal,
    mapped,
    unary,
    variables,
)
from archc.support.record import Struct, field
from archc.targets.pytorch.code import (
    Append,
    Assign,
    Build,
    Choose,
    Class,
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
from archc.targets.pytorch.layout import laid_out
from archc.targets.pytorch.names import fresh
from archc.targets.pytorch.passes.containers import is_learned, is_word, parted
from archc.targets.pytorch.printing.held import FilledContainer, gathered
from archc.targets.pytorch.printing.text import (
    Line,
    default_of,
    layer_arguments,
    loop_text,
    ordered,
    pattern_text,
    said,
    tidy,
)
from archc.targets.pytorch.printing.ways import put, way
from archc.targets.pytorch.walk import exprs, unnamed, walk

Put = Callable[[Expr, str], str]
"""The statement that makes a module, as text, a child of a name."""
_MOST = 88
"""Characters of an assignment's line."""


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
                case PyFor():
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
        self.block(gathered(self.made, lambda b: self.build(b) is not None), lines, 0, "self")
        lines += [(0, f"self.{name} = {self.say(e)}", "") for name, e in self.made.fields]
        return lines

    def block(
        self, statements: Sequence[Statement | FilledContainer], lines: list[Line], indent: int, into: str
    ) -> None:
        """Statements that build."""
        for s in statements:
            match s:
                case Assign():
                    self.assign(s.name, s.value, lines, indent)
                case Register():
                    self.register(s, lines, indent)
                case OpenContainer():
                    self.open(s, lines, indent)
                case FilledContainer():
                    lines.append((indent, self.put(Const(value=s.path), self.held(s)), ""))
                case Append():
                    self.append(s, lines, indent, into)
                case PyIf():
                    self.condition(s, lines, indent, into)
                case PyFor():
                    lines.append((indent, self.head(s), ""))
                    self.block(s.body, lines, indent + 4, into)
                case _:
                    pass

    def assign(self, name: str, value: Expr, lines: list[Line], indent: int) -> None:
        """`name = value`; what is too long for a line is chosen by statements."""
        text = _assignment(name, value, self.say(value))
        inner = next((e for e in leaves(value) if isinstance(e, ConditionalExpr)), None)
        if inner is None or len(text) + indent <= _MOST:
            lines.append((indent, text, ""))
        elif isinstance(value, ConditionalExpr):
            word = "if"
            rest: Expr = value
            while isinstance(rest, ConditionalExpr):
                lines.append((indent, f"{word} {self.say(rest.condition)}:", ""))
                self.assign(name, rest.then, lines, indent + 4)
                word, rest = "elif", rest.otherwise
            if self.say(rest) != name:
                lines.append((indent, "else:", ""))
                self.assign(name, rest, lines, indent + 4)
        else:
            part = Var(name=self.own("part"), type="int")
            self.assign(part.name, inner, lines, indent)
            self.assign(name, mapped(value, lambda e: None, {}, {id(inner): (inner, part)}), lines, indent)

    def condition(self, s: PyIf, lines: list[Line], indent: int, into: str) -> None:
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

    def head(self, s: PyFor) -> str:
        """The first line of a loop."""
        return f"for {self.turns(s)}:"

    def turns(self, s: PyFor) -> str:
        """The names of a loop and what it runs over."""
        pattern, over = self.pattern(s.target, s.body), s.over
        if pattern == "_" and isinstance(over, Const) and isinstance(over.value, tuple):
            over = Const(value=tuple(range(len(over.value))))
        return f"{pattern} in {loop_text(over, self.say)}"

    def pattern(self, target: Pattern, body: Sequence[Statement], top: bool = True) -> str:
        """The names of a loop, `_` for those that nothing reads."""
        read = {n for s in walk(body) for e in exprs(s) for n in variables(e)}
        return pattern_text(target, lambda n: n if n in read else "_", top)

    def register(self, s: Register, lines: list[Line], indent: int) -> None:
        """A child with a name."""
        if s.condition != TRUE:
            place, absent = way(self.made, s.name, self.say), self.put(s.name, "nn.Identity()")
            typed = absent.replace(" =", ": nn.Module =", 1) if is_word(place.removeprefix("self.")) else absent
            lines.append((indent, typed, ""))
            lines.append((indent, f"if {self.say(s.condition)}:", ""))
            again = self.put if "get_submodule" in place else lambda _, text: f"{place} = {text}"
            self.shorter(s.name, s.build, again, lines, indent + 4)
            return
        self.shorter(s.name, s.build, self.keep if is_learned(s) else self.put, lines, indent)

    def open(self, s: OpenContainer, lines: list[Line], indent: int) -> None:
        """A module that only holds others, empty."""
        if s.once:
            around, own = parted(Const(value=s.path))
            place = way(self.made, Const(value=around), self.say) if around else "self"
            lines.append((indent, f"if not hasattr({place}, {self.say(own)}):", ""))
            indent += 4
        lines.append((indent, self.put(Const(value=s.path), self.held(FilledContainer(s.path, ()))), ""))

    def held(self, s: FilledContainer) -> str:
        """A module that only holds others, with its children."""
        kind = self.made.containers[s.path]
        texts = [self.held(b) if isinstance(b, FilledContainer) else self.build(b) for _, b in s.children]
        if kind == "dict":
            rows = [f"{literal(name)}: {text}" for (name, _), text in zip(s.children, texts, strict=True)]
            return f"nn.ModuleDict({{{', '.join(rows)}}})" if rows else "nn.ModuleDict()"
        if s.loop is not None:
            return f"nn.ModuleList({texts[0]} for {self.turns(s.loop)})"
        if len(texts) > 1 and len(set(texts)) == 1:
            return f"nn.ModuleList({texts[0]} for _ in range({len(texts)}))"
        return f"nn.ModuleList([{', '.join(map(str, texts))}])" if texts else "nn.ModuleList()"

    def put(self, name: Expr, text: str) -> str:
        """The statement that makes a module a child of this class."""
        return put(self.made, name, text, self.say)

    def keep(self, name: Expr, text: str) -> str:
        """The statement that makes a learned tensor one of a module's own."""
        path, own = parted(name)
        if not path and isinstance(own, Const) and is_word(str(own.value)):
            return f"self.{own.value} = {text}"
        holder = way(self.made, Const(value=path), self.say) if path else "self"
        return f"{holder}.register_parameter({self.say(own)}, {text})"

    def shorter(self, name: Expr, build: Build, put: Put, lines: list[Line], indent: int) -> None:
        """One statement, or several where these are fewer lines or the only way."""
        text = self.build(build)
        if isinstance(build, Sequential) and (text is None or any(isinstance(x, PyFor) for x in build.body)):
            taken, statements = set(self.taken), list[Line]()
            self.long_sequence(name, build, put, statements, indent)
            written = sum(len(laid_out(said, 8 + deep)) for deep, said, _ in statements)
            if text is None or written < len(laid_out(put(name, text), 8 + indent)):
                lines += statements
                return
            self.taken = taken
        assert text is not None
        lines.append((indent, put(name, text), ""))

    def long_sequence(self, name: Expr, build: Sequential, put: Put, lines: list[Line], indent: int) -> None:
        """A sequence that needs statements: what can stands in its constructor, the rest is appended."""
        statements = list(build.body)
        first: list[Statement] = []
        while statements and isinstance(statements[0], Append) and self.build(statements[0].build) is not None:
            first.append(statements.pop(0))
        start = self.children(first, build.named)
        if start is None:  # names that are computed stand in statements
            statements, start = list(build.body), ""
        target = put(name, "").removesuffix(" = ")
        plain = is_word(target.removeprefix("self."))
        if not plain:
            target = self.own(_title_of(name))
        lines.append((indent, f"{target} = nn.Sequential({start})", ""))
        inner = [
            s if not isinstance(s, Append) or build.named else Append(None, s.build, s.implicit) for s in statements
        ]
        self.block(unnamed(inner) if not build.named else inner, lines, indent, target)
        if not plain:
            lines.append((indent, put(name, target), ""))

    def append(self, s: Append, lines: list[Line], indent: int, into: str) -> None:
        """A child of a sequence."""
        text = self.build(s.build)
        if s.name is not None:
            self.shorter(s.name, s.build, lambda name, t: f"{into}.add_module({self.say(name)}, {t})", lines, indent)
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
            case ModuleBuild():
                text = f"{build.target}({', '.join(layer_arguments(build, self.say))})"
                return f"nn.Parameter({text})" if build.use else text
            case New():
                return f"{self.names[id(build.made)]}({', '.join(self.arguments(build))})"
            case PassedModule():
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
                case PyIf():
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
                case PyFor():
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
                case PyFor(body=(Append(name=Text() as name) as inner,)):
                    text = self.build(inner.build)
                    if text is None:
                        return None
                    rows.append((None, f"**{{{self.say(name)}: {text} for {self.turns(s)}}}"))
                case PyIf(then=(Append(name=Const(value=value)) as inner,), otherwise=()):
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
        if all(n is None or is_word(n) for n, _ in rows):
            return f"OrderedDict({', '.join(t if n is None else f'{n}={t}' for n, t in rows)})"
        if any(n is None for n, _ in rows):
            return None
        return f"OrderedDict([{', '.join(f'({literal(n)}, {t})' for n, t in rows if n is not None)}])"


def _is_one(s: Statement) -> bool:
    return isinstance(s, Append)


def _assignment(name: str, value: Expr, text: str) -> str:
    """`channels += 32` for `channels = channels + 32`."""
    match value:
        case BinaryExpr(operator="+" | "-" | "*" | "//", left=Var() as left) if (
            left.name == name and name not in variables(value.right)
        ):
            return f"{name} {value.operator}= {tidy(value.right, said, str)}"
    return f"{name} = {text}"


def _title_of(name: Expr) -> str:
    if isinstance(name, Const):
        found = str(name.value)
    elif isinstance(name, Text):
        found = "".join(str(p.value) for p in name.parts if isinstance(p, Const))
    else:
        found = "block"
    return found if found.isidentifier() else "block"
