"""Names next to the operators of arithmetic between tensors and numbers."""

from __future__ import annotations

from abc import abstractmethod

from archc.diagnostics.core import Edit
from archc.diagnostics.problems.structure import MisplacedArithmetic, NotAnOperand, NoTensor
from archc.resolve.expressions import Expressions
from archc.resolve.names import callee_of, is_tensor
from archc.resolve.symbols import CALLABLE, Definition, NameScope
from archc.syntax import tree
from archc.syntax.operands import Tells, is_constant, operands
from archc.syntax.outline import outline
from archc.syntax.unparse import chain as chain_text

_SIGNS = frozenset({"+", "-", "*", "/", "//", "%", "**"})
_VALUES = ("parameter", "loop variable", "let", "lost")
"""The kinds of definitions that may be numbers."""


def is_number(found: Definition) -> bool:
    """Whether a name is certainly a number or list, because it is a `let` of one."""
    value = found.node.value if found.kind == "let" and isinstance(found.node, tree.Let) else None
    if isinstance(value, tree.Literal_):
        return isinstance(value.value, int | float) and not isinstance(value.value, bool)
    if isinstance(value, tree.Binary):
        return value.operator in _SIGNS
    return isinstance(value, tree.Sequence | tree.Attribute | tree.Unary) and getattr(value, "operator", "") != "not"


def tells(scope: NameScope) -> tuple[Tells, Tells]:
    """Two predicates: whether a name is certainly a tensor or number, and whether it may be a number."""

    def names_tensor(use: tree.Use) -> bool:
        return (found := scope.find(use.name)) is not None and (is_tensor(found) or is_number(found))

    def may_name_number(use: tree.Use) -> bool:
        return (found := scope.find(use.name)) is not None and _may_be_number(found)

    return names_tensor, may_name_number


def not_an_operand(
    use: tree.Use, found: Definition, sign: str, beside: tree.Term | None
) -> tuple[NotAnOperand, tuple[Edit, ...]] | None:
    """The problem with a name next to an operator, if it is certainly not a number; `beside` is the other operand."""
    if _may_be_number(found):
        return None
    callee = callee_of(found)
    kind = callee.kind if callee is not None else found.kind
    number = beside.value.value if isinstance(beside, tree.Constant) and sign == "*" else 0
    problem = NotAnOperand(name=use.name, found=f"a {kind}", sign=sign)
    if beside is None or callee is None or callee.kind not in CALLABLE or type(number) is not int or number < 2:
        return problem, ()
    first, last = sorted((use.span, beside.span), key=lambda span: span.start)
    repeated = NotAnOperand(name=use.name, found=f"a {kind}", sign=sign, repeats=number)
    return repeated, (Edit(first.to(last), f"[{use.name}]x{number}"),)


def numbers_alone(chain: tree.Chain, count: int) -> tuple[NoTensor, tuple[Edit, ...]]:
    """The problem with a chain that begins with `count` numbers, and the edit that subtracts the layers after one."""
    text, rest = " - ".join(map(outline, chain.terms[:count])), chain.terms[count:]
    if not isinstance(chain.terms[0], tree.Constant) or not rest:
        return NoTensor(text=text), ()
    layers = tree.Chain(rest[0].span.to(rest[-1].span), rest)
    inside = chain_text(layers)
    return NoTensor(text=text, chain=inside), (Edit(layers.span, f"({inside})"),)


def numbers_side_by_side(merge: tree.Merge) -> NoTensor | None:
    """The problem with numbers in parentheses, which may be meant as a list."""
    if merge.kind != "tuple" or not all(len(b.terms) == 1 and is_constant(b.terms[0]) for b in merge.branches):
        return None
    text = f"({', '.join(outline(b.terms[0]) for b in merge.branches)})"
    return NoTensor(text=text, numbers=len(merge.branches))


def _may_be_number(found: Definition) -> bool:
    return found.kind in _VALUES and callee_of(found) is None


class Operands(Expressions):
    """Resolves the operands of arithmetic."""

    @abstractmethod
    def chain(self, chain: tree.Chain, scope: NameScope) -> None:
        """Resolve the names in a chain."""

    @abstractmethod
    def term(self, term: tree.Term, scope: NameScope) -> None:
        """Resolve the names in a term."""

    @abstractmethod
    def starts(self, term: tree.Term, scope: NameScope) -> bool:
        """Whether a term is a tensor that a chain starts from, possibly under a guard. Its names are resolved."""

    @abstractmethod
    def unknown_term(self, use: tree.Use, scope: NameScope) -> None:
        """Report a term whose name is unknown."""

    def operand(self, term: tree.Term, sign: str, scope: NameScope, beside: tree.Term | None = None) -> None:
        """Resolve an operand of arithmetic. For a product, `beside` is the other operand."""
        if isinstance(term, tree.Calculation):
            self._calculated(term, scope)
        elif not isinstance(term, tree.Constant) and not self.starts(term, scope):
            if isinstance(term, tree.Use):
                self._beside(term, sign, scope, beside)
            else:
                self.term(term, scope)

    def _calculated(self, term: tree.Calculation, scope: NameScope) -> None:
        """Resolve the operands of an operator. Before a `+` there may be a difference."""
        for position, chain in enumerate(term.operands):
            others = term.operands[1 - position].terms if len(term.operands) > 1 else ()
            if len(chain.terms) == 1:
                self.operand(chain.terms[0], term.operator, scope, others[0] if len(others) == 1 else None)
            else:
                self.chain(chain, scope)
                self._bare_layer(chain, term.operator, scope)

    def _bare_layer(self, chain: tree.Chain, sign: str, scope: NameScope) -> None:
        """Report a layer in a chain before a `+`, which must be in parentheses."""
        layer = next(iter(chain.terms[operands(chain, *tells(scope)) :]), None)
        found = (scope.find(layer.name) or self.layer(layer.name)) if isinstance(layer, tree.Use) else None
        if not isinstance(layer, tree.Use) or found is None:
            return
        problem, _ = not_an_operand(layer, found, sign, None) or (None, ())
        if problem is not None:
            self.report(problem, layer.name_span)

    def _beside(self, use: tree.Use, sign: str, scope: NameScope, beside: tree.Term | None) -> None:
        """Resolve a name next to an operator that is not a tensor and so must be a number."""
        found = scope.find(use.name) or self.layer(use.name)
        if found is None:
            self.unknown_term(use, scope)
            return
        self.refer(use.name_span, found, "value", use)
        if (wrong := not_an_operand(use, found, sign, beside)) is not None:
            problem, edits = wrong
            self.report(problem, use.name_span, edits=edits)

    def misplaced(self, term: tree.Constant | tree.Calculation, scope: NameScope) -> None:
        """Report arithmetic in the middle of a chain."""
        self.report(MisplacedArithmetic(text=outline(term)), term.span)
        if isinstance(term, tree.Calculation):
            self._calculated(term, scope)
