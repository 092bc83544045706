"""Repairs of a merge: the widths, strides and paddings of its branches, or a 1x1 convolution on one of them."""

from __future__ import annotations

from collections.abc import Iterator

from archc.analysis.repair.arguments import arguments_worth
from archc.analysis.repair.candidate import Candidate, ProblemSite
from archc.analysis.repair.missing import Habits, inserted
from archc.analysis.repair.parts import parameters, with_argument, without_argument
from archc.analysis.repair.values import named_arguments, spellings, value
from archc.diagnostics.core import Edit
from archc.diagnostics.source import Span
from archc.ops import lookup
from archc.support.record import Record
from archc.syntax import tree
from archc.syntax.walk import walk

_WIDE = frozenset({"Conv", "ConvTranspose", "ScaledStdConv", "FC", "Linear"})
"""The layers whose first argument is a width."""
MOST_TERMS = 12
"""The number of terms of a branch, counted from its end, that are considered."""


class MergeBranch(Record):
    """A branch of a merge, with its actual and its required shape."""

    place: ProblemSite
    chain: tree.Chain
    have: tuple[int, ...]
    want: tuple[int, ...]
    other: tree.Chain | None = None
    """The other branch."""
    is_operand: bool = False
    """Whether both are operands of arithmetic, which stand in parentheses."""

    @property
    def is_identity(self) -> bool:
        """Whether the branch passes its input on."""
        terms = self.chain.terms
        return not terms or (len(terms) == 1 and isinstance(terms[0], tree.Use) and terms[0].name == "in")

    @property
    def is_named(self) -> bool:
        """Whether it starts from a named tensor, as the branches of a U-Net do."""
        first = self.chain.terms[0] if self.chain.terms else None
        return isinstance(first, tree.Use) and first.arguments is None and lookup(first.name) is None

    def uses(self) -> list[tree.Use]:
        """Its named terms, last first, followed by those of the tensor that it starts from."""
        found: list[tree.Use] = []
        chain: tree.Chain | None = self.chain
        while chain is not None and len(found) < MOST_TERMS:
            here = [n for n, _ in walk(chain) if isinstance(n, tree.Use)]
            found += here[::-1]
            chain = self._made(here[0]) if here and here[0].arguments is None else None
        return found[:MOST_TERMS]

    def _made(self, tensor: tree.Use) -> tree.Chain | None:
        """The chain that a tensor names."""
        definition = self.place.around.definition if self.place.around is not None else None
        binds = [n for n, _ in walk(definition) if isinstance(n, tree.Bind)] if definition is not None else []
        made = [b.chain for b in binds if b.span.end <= tensor.span.start and tensor.name in _names(b)]
        return made[-1] if made else None

    @property
    def is_widened(self) -> bool:
        """Whether the other branch consistently has a width of its own, so that the shortcut is to have it, too."""
        if not self.is_identity or self.other is None:
            return False
        uses = MergeBranch(self.place, self.other, self.want, self.have).uses()
        widths = [value(u.arguments[0].value, self.place.names) for u in uses if u.name in _WIDE and u.arguments]
        named = any(self.have[0] == worth for name, worth in self.place.names.items() if name.isidentifier())
        is_pointwise = any(u.name == "Conv" and self._kernel(u) == 1 for u in uses[: len(uses) // 2])
        is_cut = self.have[0] > self.want[0] and is_pointwise  # the last layer of a bottleneck lacks its factor
        is_wider = self.want[0] > self.have[0]
        return is_wider and not named and not is_cut and widths[:1] == [self.want[0]] and self.have[0] not in widths

    def _kernel(self, use: tree.Use) -> int | None:
        """The kernel of a convolution; None if it is not written."""
        given = named_arguments(use, parameters(self.place.file, use)).get("kernel")
        return value(given.value, self.place.names) if given is not None else None

    def with_swapped(self) -> Iterator[Candidate]:
        """Exchange two arguments, if the second gives the required channels or the first the actual ones."""
        for cost, use in enumerate(self.uses()):
            given = [a for a in use.arguments or () if a.name is None]
            for first, second in zip(given, given[1:], strict=False):
                worth = [value(a.value, self.place.names) for a in (first, second)]
                if worth[0] != worth[1] and (worth[1] == self.want[0] or worth[0] == self.have[0]):
                    texts = [self.place.source.snippet(a.span) for a in (second, first)]
                    edits = Edit(first.span, texts[0]), Edit(second.span, texts[1])
                    yield Candidate(9 + cost + 4 * (worth[1] != self.want[0]), edits)

    def guarded(self, channels: bool) -> Iterator[Candidate]:
        """Change a guard that omits a projection, or whose condition is about a width other than the projection's."""
        for guard in (term for term in self.chain.terms if isinstance(term, tree.Guard) and term.otherwise is None):
            uses = [node for node, _ in walk(guard.then) if isinstance(node, tree.Use) and node.name == "Conv"]
            widths = [use.arguments[0].value for use in uses if use.arguments]
            if not channels or not widths:
                continue
            asked = {self._text(node): value(node, self.place.names) for node in _asked(guard.condition)}
            text, condition = self._text(widths[-1]), self._text(guard.condition)
            if value(widths[-1], self.place.names) == self.want[0] and text not in asked:
                yield Candidate(6, (Edit(guard.condition.span, f"{condition} or in.channels != {text}"),))
            for other in (other for other, worth in asked.items() if worth == self.want[0] and "*" in other):
                yield Candidate(6, (Edit(widths[-1].span, other),))

    def _text(self, node: tree.Tree) -> str:
        return self.place.source.snippet(node.span)

    def with_channels(self) -> Iterator[Candidate]:
        """Change the number of channels where it is determined."""
        for cost, use in enumerate(self.uses()):
            yield from arguments_worth(self.place, use, self.have[0], self.want[0], 10 + cost)

    def with_more(self, channels: bool) -> Iterator[Candidate]:
        """Insert a layer: one that the file has elsewhere between the same neighbours, or a convolution."""
        habits = Habits(self.place.source, self.place.file)
        for chain in (node for node, _ in walk(self.chain) if isinstance(node, tree.Chain)):
            yield from habits.insertions(chain, 24)
        if channels and not self.is_identity:
            width = next(spellings(self.want[0], self.place.names))
            for index in range(len(self.chain.terms)):
                for extra, text in enumerate((f"Conv({width}, 1)", f"Conv({width})")):
                    yield Candidate(30 + extra, (inserted(self.chain, index, text),))

    def with_size(self) -> Iterator[Candidate]:
        """Change a stride or padding."""
        larger = self.have[1] > self.want[1]
        ratio = round(max(self.have[1], self.want[1]) / max(1, min(self.have[1], self.want[1])))
        for cost, use in enumerate(self.uses()):
            names = parameters(self.place.file, use)
            given = named_arguments(use, names)
            if "stride" in names and ratio > 1:
                yield from self._stride(use, given.get("stride"), ratio if larger else 1, 10 + cost)
            if "output_pad" in names and "output_pad" not in given:
                yield from self._output_pad(use, given)
            if "pad" in names:
                yield from self._pad(use, given, 12 + cost)

    def enlarged(self, cost: int) -> Iterator[Candidate]:
        """Enlarge the smaller image, as a U-Net does before a concatenation, or reduce the scale of an `Upsample`."""
        if self.have[1] > self.want[1] and self.have[1] % self.want[1] == 0:
            for last in self.uses():
                scale = (last.arguments or (None,))[0]
                worth = value(scale.value, self.place.names) if scale is not None else None
                if last.name == "Upsample" and scale is not None and type(worth) is int:
                    factor = self.have[1] // self.want[1]
                    if worth > factor and worth % factor == 0:
                        yield Candidate(5, (Edit(scale.value.span, str(worth // factor)),))
                    break
        factors = {
            want // have if want % have == 0 else 0 for have, want in zip(self.have[1:], self.want[1:], strict=True)
        }
        if not self.is_identity and len(factors) == 1 and (factor := factors.pop()) > 1:
            end = self.chain.span.end
            for last in self.uses():
                scale = (last.arguments or (None,))[0]
                if last.name == "Upsample" and scale and type(worth := value(scale.value, self.place.names)) is int:
                    yield Candidate(cost - 1, (Edit(scale.value.span, str(worth * factor)),))
                    break
            yield Candidate(cost, (Edit(Span(self.chain.span.file, end, end), f" - Upsample({factor})"),))

    def _stride(self, use: tree.Use, given: tree.Argument | None, stride: int, cost: int) -> Iterator[Candidate]:
        names = {n: v for n, v in self.place.names.items() if _is_stride(n)}
        texts = [*(n for n, v in names.items() if v == stride), str(stride)]
        if given is not None and stride == 1:
            yield Candidate(cost, (without_argument(use, given),))
        for extra, text in enumerate(texts):
            if given is not None:
                if value(given.value, self.place.names) != stride:
                    yield Candidate(cost + extra, (Edit(given.value.span, text),))
            elif stride != 1:
                yield Candidate(cost + extra + 1, (with_argument(use, f"stride={text}"),))

    def _output_pad(self, use: tree.Use, given: dict[str, tree.Argument]) -> Iterator[Candidate]:
        """Add the output padding of a transposed convolution, whose output size is ambiguous."""
        stride, short = given.get("stride"), self.want[1] - self.have[1]
        if stride is not None and 0 < short < (value(stride.value, self.place.names) or 0):
            yield Candidate(9, (with_argument(use, f"output_pad={short}"),))

    def _pad(self, use: tree.Use, given: dict[str, tree.Argument], cost: int) -> Iterator[Candidate]:
        pad, kernel = given.get("pad"), given.get("kernel")
        size = value(kernel.value, self.place.names) if kernel else _usual_kernel(use.name)
        if pad is not None:
            yield Candidate(cost, (without_argument(use, pad),))
            if size is not None and value(pad.value, self.place.names) != size // 2:
                yield Candidate(cost + 1, (Edit(pad.value.span, str(size // 2)),))
        elif size is not None and size > 1 and lookup(use.name) is not None:
            yield Candidate(cost + 1, (with_argument(use, f"pad={size // 2}"),))

    def projected(self, channels: bool) -> Iterator[Candidate]:
        """Append a 1x1 convolution with the right channels, and a stride if the size is wrong."""
        if self.have[1] < self.want[1]:
            return
        texts = [*self._written_there(), *spellings(self.want[0], self.place.names)][:2]
        if self.is_identity and texts[0].isidentifier() and self.place.around is not None:
            strided = any(_is_stride(p.name) for p in self.place.around.definition.parameters)
            # other calls of the block need none
            cost = 7 if self.is_widened or (strided and self.have[1] > self.want[1]) else 13
            yield Candidate(cost, (self._term_instead(self._where_needed(texts[0])),))
        forms = [(text, stride) for text in texts for stride in self._strides()]
        # otherwise the other branch probably lacks a stride, or has a wrong width
        first = 8 if self.is_widened or self.have[1] > self.want[1] else 14
        for extra, (text, stride) in enumerate(forms):
            term = _projection(text, stride)
            if self.is_identity:
                yield Candidate(first + extra, (self._term_instead(term),))
            else:
                end = self.chain.span.end
                yield Candidate(24 + extra, (Edit(Span(self.chain.span.file, end, end), f" - {term}"),))

    def _written_there(self) -> list[str]:
        """The width of the other branch as its last layer states it."""
        other = MergeBranch(self.place, self.other, self.want, self.have) if self.other is not None else None
        found = [u.arguments[0].value for u in (other.uses() if other else ()) if u.name in _WIDE and u.arguments]
        return [self._text(v) for v in found[:1] if value(v, self.place.names) == self.want[0]]

    def _term_instead(self, term: str) -> Edit:
        """Replace the identity by a term."""
        if self.is_operand:
            return Edit(self.chain.span, f"({term})")
        return Edit(self.chain.span, term if self.chain.terms else f" {term} ")

    def _where_needed(self, channels: str) -> str:
        """A projection, with its normalisation, for those calls that change the shape."""
        names = (p.name for p in self.place.around.definition.parameters) if self.place.around is not None else ()
        stride = next(filter(_is_stride, names), "")
        changes = f"{stride} != 1 or in.channels != {channels}" if stride else f"in.channels != {channels}"
        return f"({_projection(channels, stride)} - BN) if ({changes})"

    def _strides(self) -> list[str]:
        """Ways to write the missing stride: first a name, since other calls may need another value; empty for 1."""
        ratio = -(-self.have[1] // self.want[1])
        named = [n for n, v in self.place.names.items() if _is_stride(n) and v == ratio]
        return [*named, "" if ratio == 1 else str(ratio)]


def _names(bind: tree.Bind) -> list[str]:
    return [name.name for name in bind.names]


def _asked(condition: tree.Expression) -> list[tree.Name | tree.Binary]:
    """The values that a condition compares."""
    return [node for node, _ in walk(condition) if isinstance(node, tree.Name | tree.Binary)]


def _is_stride(name: str) -> bool:
    """Whether a parameter is a stride, judged by its name."""
    return "stride" in name or name in ("s", "st")


def _projection(channels: str, stride: str) -> str:
    return f"Conv({channels}, 1, {stride})" if stride else f"Conv({channels}, 1)"


def _usual_kernel(name: str) -> int | None:
    """The rows of a layer's default kernel; None for a layer that has no kernel."""
    kind = lookup(name)
    field = kind.model_fields.get("kernel") if kind is not None else None
    return field.default[0] if field is not None and isinstance(field.default, tuple) else None
