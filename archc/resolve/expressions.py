"""Names in expressions, and calls of functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archc.diagnostics.core import Edit, Label
from archc.diagnostics.problems.names import (
    MissingArgument,
    NotAValue,
    UnknownArgument,
    UnknownName,
)
from archc.diagnostics.problems.parameters import WrongType
from archc.diagnostics.source import Span
from archc.diagnostics.words.unknown import unknown_function, unknown_property, unknown_tensor, unknown_value
from archc.resolve.advice import no_list
from archc.resolve.arguments import ArgumentMismatch, argument_name, match_names
from archc.resolve.mismatches import in_our_words
from archc.resolve.names import NameResolver, is_list, is_tensor, seen, seen_of, tensors
from archc.resolve.symbols import Definition, NameScope
from archc.resolve.turns import over, uncounted
from archc.syntax import tree
from archc.syntax.arguments import call_with, counted
from archc.syntax.unparse import expression as expression_text

PROPERTIES = ("channels", "height", "width")
"""The attributes of a tensor."""


class Expressions(NameResolver):
    """Resolves expressions."""

    repeats: list[tree.Repeat]
    """The repeats around the current node, innermost last."""
    indexed: set[Definition]
    """Names that are not lists and whose indexing has been reported."""
    unfit: set[tree.Argument]
    """Arguments that their callee does not accept: their values are not checked."""
    blamed: set[Definition]
    """Functions reported as misused macros: the layers in them are not checked."""

    let_now: tree.Let | None = None
    """The `let` whose value is resolved."""

    def value_of(self, let: tree.Let, scope: NameScope) -> None:
        """Resolve the names in the value of a `let`."""
        around, self.let_now = self.let_now, let
        self.expression(let.value, scope)
        self.let_now = around

    def expression(self, e: tree.Expression, scope: NameScope) -> None:
        """Resolve the names in an expression."""
        handler = _HANDLERS.get(type(e))
        if handler is not None:
            handler(self, e, scope)

    def _name(self, e: tree.Name, scope: NameScope) -> None:
        found = scope.find(e.name) or self.layer(e.name)
        if found is None:
            owners = (here.owner for here in scope.outwards() if here.owner is not None)
            node = next((o.node for o in owners if isinstance(o.node, _HEADED)), None)
            head, edits = with_parameter(node, e.name) if node is not None else ("", ())
            problem = unknown_value(e.name, tuple(seen(scope)), head, self.words.kinds)
            self._unknown_value(e, problem, edits if problem.advice and not problem.instead else ())
        elif is_tensor(found):
            self.touch(e.name, found)
            self.refer(e.span, found, "read", e)
            self.report(_no_value(found), e.span)
        elif found.kind == "module":
            self.refer(e.span, found, "read", e)
            advice = f"it belongs to this body: go through it here, `… - {e.name}`, before or after the block"
            self.report(WrongType(what="an expression", found=f"the shared module `{e.name}`", advice=advice), e.span)
        else:
            self.refer(e.span, found, "value", e)

    def _unknown_value(self, e: tree.Name, problem: UnknownName, edits: tuple[Edit, ...]) -> None:
        """Report a name of no value, which may be the number of a turn or a loop's that is over."""
        if not problem.nearest and not problem.instead and e.name.islower():
            loop = next((s for s in self.table.scopes if s.kind == "loop" and e.name in s.names and _ends(s, e)), None)
            if loop is not None:
                problem, edits = over(e.name, loop.names[e.name].node), ()
            elif self.repeats and (repeat := self.repeats[-1]).variable is None:
                problem = uncounted(e.name, expression_text(repeat.count))
                end = repeat.span.end
                edits = (Edit(repeat.span._replace(start=end), f" as {e.name}"),)
        self.unknown(problem, e.span, edits)

    def touch(self, name: str, tensor: Definition) -> None:
        """Record that a tensor is read."""

    def _attribute(self, e: tree.Attribute, scope: NameScope) -> None:
        match e.of:
            case tree.Name() as named:
                index = None
            case tree.Index(of=tree.Name() as named, index=index) if self._may_be_tensor(named, scope):
                self.expression(index, scope)
            case _:
                root = _root(e.of)
                self.expression(e.of, scope)
                if root is None or scope.find(root.name) is not None:  # of an unknown name, nothing more is known
                    self.report(WrongType(what=f"`.{e.name}`", found="anything but a tensor"), e.span)
                else:
                    self.reporter.settled.add(e.span)
                return
        found = scope.find(named.name)
        if found is None and named.name == "in":
            self.no_incoming(named.span, scope)
        elif found is None:
            self.unknown(unknown_tensor(named.name, e.name, tuple(tensors(scope))), named.span)
            self.reporter.settled.add(e.name_span)
            return
        elif is_tensor(found):
            self.touch(named.name, found)
            self.refer(named.span, found, "read", named)
            if is_list(found) != (index is not None):
                self._miscounted(e, named, found)
                return
        elif found.kind != "lost":
            self.refer(named.span, found, "value", named)
            self._no_tensor(e, found, named.span)
            return
        if e.name not in PROPERTIES:
            self.report(unknown_property(e.name, PROPERTIES), e.name_span)

    def _may_be_tensor(self, name: tree.Name, scope: NameScope) -> bool:
        found = scope.find(name.name)
        return found is None or is_tensor(found) or found.kind == "lost"

    def _miscounted(self, e: tree.Attribute, name: tree.Name, found: Definition) -> None:
        """Report the size of a list without an index, or of an item of something that is not a list."""
        if is_list(found):
            advice = f"each of them has sizes: `{found.name}[0].{e.name}`"
            listed = f"the list of tensors `{found.name}`"
            self.report(WrongType(what=f"`.{e.name}`", found=listed, advice=advice), e.span)
        else:
            index = expression_text(e.of.index) if isinstance(e.of, tree.Index) else "0"
            self.report(no_list(found, index), name.span)

    def _no_tensor(self, e: tree.Attribute, found: Definition, span: Span) -> None:
        """Report an attribute of something other than a tensor."""
        value = found.node.value if isinstance(found.node, tree.Let) else None
        if isinstance(value, tree.Sequence):
            advice = f"the length of a list is `len({found.name})`, an item `{found.name}[0]`"
            self.report(UnknownName(name=e.name, what="property of a list", advice=advice), e.name_span)
        elif isinstance(found.node, tree.Variant | tree.ModelDef):
            advice = f"a count is written as a number: `archc count {found.name}` says it"
            self.report(WrongType(what="a tensor's property", found=in_words(found), advice=advice), span)
            self.reporter.settled.add(e.name_span)
        else:
            self.report(WrongType(what="a tensor's property", found=in_words(found)), span)
            self.reporter.settled.add(e.name_span)  # the value determines it

    def _sequence(self, e: tree.Sequence, scope: NameScope) -> None:
        for item in e.items:
            self.expression(item, scope)

    def _unary(self, e: tree.Unary, scope: NameScope) -> None:
        self.expression(e.operand, scope)

    def _binary(self, e: tree.Binary, scope: NameScope) -> None:
        self.expression(e.left, scope)
        self.expression(e.right, scope)

    def _conditional(self, e: tree.Conditional, scope: NameScope) -> None:
        self.expression(e.then, scope)
        self.expression(e.condition, scope)
        self.expression(e.otherwise, scope)

    def _index(self, e: tree.Index, scope: NameScope) -> None:
        self.expression(e.of, scope)
        self.expression(e.index, scope)

    def _template(self, e: tree.Template, scope: NameScope) -> None:
        for part in e.parts:
            if not isinstance(part, str):
                self.expression(part, scope)

    def _call(self, e: tree.CallExpression, scope: NameScope) -> None:
        self._called(e, scope)
        if (named := counted(e)) is not None:
            found = scope.find(named.name)
            if found is not None and is_list(found):
                self.touch(named.name, found)
                self.refer(named.span, found, "read", named)
                return
        self.values(e.arguments, scope)

    def _called(self, e: tree.CallExpression, scope: NameScope) -> None:
        found = scope.find(e.function)
        if found is not None and found.kind == "lost":
            self.table.bindings[e] = found
            return
        if found is not None and found.kind == "function":
            self.refer(e.function_span, found, "call", e)
            self.call(found, e.arguments, e.span, scope)
        elif (builtin := self.builtin(e.function)) is not None:
            self.refer(e.function_span, builtin, "call", e)
            for argument in e.arguments:
                if argument.name is not None:
                    extra = UnknownArgument(callee=e.function, name=argument.name, nearest="", known=())
                    self.report(extra, argument_name(argument))
        elif e.function in self.words.kinds and self.current in self.blamed:
            self.refer(e.function_span, self.layer(e.function), "call")
        elif e.function in self.words.kinds:
            macro = f"macro {self.let_now.name} = {expression_text(self.let_now.value)}" if self.let_now else ""
            problem = NotAValue(name=e.function, call=expression_text(e), macro=macro)
            self.unknown(problem, e.function_span)
        else:
            known = [*seen_of(scope, "function"), *self.words.builtins]
            self.unknown(unknown_function(e.function, known), e.function_span)

    # -- arguments --------------------------------------------------------------------------------------------------

    def values(self, arguments: Sequence[tree.Argument], scope: NameScope) -> None:
        """Resolve the names in the values of arguments."""
        for argument in arguments:
            handler = _HANDLERS.get(type(argument.value))
            if handler is not None and argument not in self.unfit:
                handler(self, argument.value, scope)

    def call(
        self,
        callee: Definition,
        arguments: Sequence[tree.Argument],
        span: Span,
        scope: NameScope,
        use: tree.Use | None = None,
    ) -> None:
        """Match the arguments of a call with the parameters; missing ones are reported at `span`."""
        parameters = self.table.parameters[callee]
        given = self.match(callee.name, [p.name for p in parameters], arguments, scope, use)
        if given is None:
            return
        for parameter in parameters:
            if (argument := given.get(parameter.name)) is not None:
                if argument.name is not None:
                    self.refer(argument_name(argument), parameter, "argument")
            elif is_required(parameter):
                missing = [p.name for p in parameters if is_required(p) and p.name not in given]
                problem = MissingArgument(
                    callee=callee.name, name=parameter.name, call=call_with(callee.name, arguments, missing)
                )
                there = Label(parameter.node.span, "it is asked for here") if parameter.node else None
                self.report(problem, span, (there,) if there else ())
                return

    def match(
        self,
        callee: str,
        known: Sequence[str],
        arguments: Sequence[tree.Argument],
        scope: NameScope,
        use: tree.Use | None = None,
    ) -> dict[str, tree.Argument] | None:
        """The arguments of a call by the names of their parameters; None if they do not fit, which is reported."""
        found = match_names(callee, tuple(known), tuple(arguments))
        if not isinstance(found, ArgumentMismatch):
            return found
        unknown = [a for a in arguments if a.name is not None and a.name not in known]
        self.unfit.update(unknown or [a for a in arguments if a.span == found.span])
        if all(self._is_lost(a.value, scope) for a in arguments if a.span == found.span) and not unknown:
            return None
        problem, edits = in_our_words(found, use, self.words.kinds) if use else (found.problem, found.edits)
        if getattr(problem, "instead", ""):
            self.unfit.update(arguments)  # the whole call is rewritten
        self.report(problem, found.span, found.labels, edits)
        return None

    def _is_lost(self, value: tree.Expression, scope: NameScope) -> bool:
        """Whether a value is an unknown name, which has been reported."""
        found = scope.find(value.name) if isinstance(value, tree.Name) else None
        return found is not None and found.kind == "lost"


_HEADED = tree.Block | tree.Macro | tree.ModelDef


def with_parameter(node: tree.Block | tree.Macro | tree.ModelDef, name: str) -> tuple[str, tuple[Edit, ...]]:
    """The head of a definition with a parameter more, and the edit that puts it in; one of a model has a value."""
    word = {tree.Block: "block", tree.Macro: "macro"}.get(type(node), "model")
    added = name if word != "model" else f"{name}={10 if 'class' in name.lower() else '…'}"
    known = [p.name if p.default is None else f"{p.name}={expression_text(p.default)}" for p in node.parameters]
    plain = [p for p in node.parameters if p.default is None]
    listed = ", ".join([*known[: len(plain)], added, *known[len(plain) :]])
    head = f"{word} {node.name.name}({listed})" + (" =" if word == "macro" else " {")
    if "…" in added:
        return head, ()
    if not node.parameters:
        end = node.name.span.end
        return head, (Edit(node.name.span._replace(start=end), f"({added})"),)
    if plain:
        end = plain[-1].span.end
        return head, (Edit(plain[-1].span._replace(start=end), f", {added}"),)
    start = node.parameters[0].span.start
    return head, (Edit(node.parameters[0].span._replace(end=start), f"{added}, "),)


def _root(e: tree.Expression) -> tree.Name | None:
    """The name before the first dot of `a.b.c`; None if something else stands there."""
    while isinstance(e, tree.Attribute):
        e = e.of
    return e if isinstance(e, tree.Name) else None


def _no_value(tensor: Definition) -> WrongType:
    """The problem with the name of a tensor in an expression."""
    if not is_list(tensor):
        sizes = f"`{tensor.name}.channels`, `[{tensor.name}.height, {tensor.name}.width]`"
        return WrongType(what="an expression", found=f"the tensor `{tensor.name}`", advice=f"its sizes are {sizes}")
    name = tensor.name
    advice = f"`len({name})` is their number, and `for i in range(len({name})) {{ {name}[i] - … }}` goes through them"
    return WrongType(what="an expression", found=f"the tensors in `{name}`", advice=advice)


def is_required(parameter: Definition) -> bool:
    """Whether a parameter has no default."""
    return isinstance(parameter.node, tree.Parameter) and parameter.node.default is None


def in_words(definition: Definition) -> str:
    """The kind of a definition, for a message."""
    words = {"let": "a value", "parameter": "a parameter", "loop variable": "a loop variable", "function": "a function"}
    article = words.get(definition.kind, f"a {definition.kind}")
    return f"`{definition.name}`, {article}"


_HANDLERS: Mapping[type[tree.Tree], Callable[[Expressions, Any, NameScope], None]] = {
    tree.Name: Expressions._name,
    tree.Attribute: Expressions._attribute,
    tree.Sequence: Expressions._sequence,
    tree.Unary: Expressions._unary,
    tree.Binary: Expressions._binary,
    tree.Conditional: Expressions._conditional,
    tree.Index: Expressions._index,
    tree.Template: Expressions._template,
    tree.CallExpression: Expressions._call,
}


def _ends(loop: NameScope, e: tree.Name) -> bool:
    """Whether a loop ends before a name, in the same body."""
    around = loop.parent.span if loop.parent is not None else loop.span
    return loop.span.end <= e.span.start and around.start <= e.span.start < around.end and loop.span.file == e.span.file
