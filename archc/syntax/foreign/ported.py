"""Tensor expressions of a program, such as `F.relu(self.bn(x)) + y`, as the chains that they are here."""

from __future__ import annotations

import re
from typing import NamedTuple

from archc.diagnostics.source import Source
from archc.diagnostics.words.meaning import Written, known_arguments, meaning, rewritten
from archc.diagnostics.words.table import folded, table
from archc.diagnostics.words.unknown import of_training
from archc.syntax.foreign.attributes import OBJECTS, guessed, made
from archc.syntax.foreign.learned import initialisation, parameter
from archc.syntax.foreign.methods import FUNCTIONS, indexed, method, shuffled
from archc.syntax.foreign.repeated import repeated
from archc.syntax.foreign.statement import BrokenStatement
from archc.syntax.foreign.tensors import is_named, is_target, is_tensor, on_lists
from archc.syntax.scan import scan
from archc.syntax.tables import tables

MODULES = frozenset(
    "nn F torch tf keras layers models np K torchvision functional ops L slim flax linen jax jnp mx sym gluon paddle "
    "chainer lasagne tflearn contrib hk eqx nnx stax Tensor timm einops Flux".split()
)
"""What stands before a dot in programs."""
_SIGNS = frozenset({"PLUS", "MINUS", "STAR", "SLASH"})
_GIVEN = frozenset({"data", "x", "input", "inputs", "tensor"})
"""Arguments that are the tensor itself, where a function has them by name."""
_OUTER = frozenset({"input", "inputs", "img", "image", "images", "data"})
"""What programs call the tensor that comes into a network."""
_SILENT = frozenset({"training", "name", "is_training", "train", "deterministic", "inplace", "dim", "axis"})
"""Arguments of functions that say nothing of the network."""
_BEGINS_VALUE = frozenset({"NUMBER", "STRING", "STRAY", "SHAPE", "LPAR", "LSQB", "TRUE", "FALSE", "NONE"})
_REPEATS = frozenset({"repeat", "stack", "_make_layer", "make_layer", "_make_stage", "make_stage"})
_SEQUENCES = frozenset({"Sequential", "ModuleList", "serial"})
_APPENDS = frozenset({"append", "add_module"})
"""Methods that put a layer to those that are there."""
_OPENS = frozenset({"LPAR", "LSQB", "LBRACE"})
_CLOSES = frozenset({"RPAR", "RSQB", "RBRACE", "TIMES"})
_LAST_AXIS = frozenset({"Linear", "Dense", "LazyLinear"})
"""Layers that work on the last axis alone, whatever is before it."""
_WEIGHTS = frozenset({"spectral_norm", "weight_norm", "remove_weight_norm"})
"""Functions that make the weights of a layer anew at each step."""
_SAME = frozenset({"cast", "convert_to_tensor", "stop_gradient", "checkpoint"})
"""Functions that give the numbers of their tensor."""


class PortedChain(NamedTuple):
    """The chain for a tensor expression: the tensor that it begins with, empty for the incoming one, and its terms."""

    start: str
    terms: tuple[str, ...] = ()

    def text(self, label: str = "") -> str:
        """The chain as it is written, all of its terms under one label if there is one."""
        terms = " - ".join(self.terms)
        if label and self.terms:
            terms = f"{label}: {terms if len(self.terms) == 1 else f'({terms})'}"
        return " - ".join(filter(None, (self.start, terms)))

    def operand(self) -> str:
        """The chain as an operand of arithmetic."""
        plain = not self.terms and re.fullmatch(r"[\w.\[\]]+|\([^()]*\)", self.start)
        return self.start if plain else f"({self.text()})"


class CannotPort(Exception):
    """Something that archc has nothing for; the message is what to do instead, empty where that is not known."""


def dotted(s: BrokenStatement, index: int) -> int | None:
    """The last token of a name such as `nn.Conv2d` that begins at `index`; None where none does."""
    is_module = s.kind(index) == "NAME" and s.text(index) in MODULES | OBJECTS
    if not is_module or s.kind(index + 1) != "DOT" or s.kind(index - 1) == "DOT":
        return None
    end = index
    while s.kind(end + 1) == "DOT" and s.kind(end + 2) == "NAME":
        end += 2
    return end


def term(s: BrokenStatement, first: int) -> tuple[int, PortedChain]:
    """The chain that the term at `first` is, with what is called on it, and the last token of it.

    Raises `CannotPort`.
    """
    last, chain = _merging(s, first) or _atom(s, first)
    while last < s.last:
        after = s.kind(last + 1)
        if (groups := shuffled(s, last + 1)) is not None:
            last = groups[0]
            chain = PortedChain(chain.start, (*chain.terms, f"Shuffle({groups[1]})"))
            continue
        if after == "DOT" and s.kind(last + 2) == "NAME":
            called = s.kind(last + 3) == "LPAR"
            end = s.closing(last + 3) if called else last + 2
            chain = _with_method(s, chain, last + 2, called)
            last = end
        elif after == "LPAR" and s.touch(last) and not chain.start:
            closing = s.closing(last + 1)
            chain, last = _called_on(s, chain, last + 1), closing
        elif after == "LSQB" and s.touch(last) and ":" in s.texts[last + 1 : s.closing(last + 1)]:
            closing = s.closing(last + 1)
            chain, last = PortedChain(chain.start, (*chain.terms, *indexed(s.written(last + 2, closing - 1)))), closing
        else:
            break
    return last, chain


def _merging(s: BrokenStatement, first: int) -> tuple[int, PortedChain] | None:
    """`Concatenate(axis=-1)([a, b])`: a layer that merges, called on what it merges."""
    opening = (dotted(s, first) or first) + 1
    called = s.closing(opening) + 1
    if s.text(opening - 1) == "stack" and s.kind(called) == "DOT" and s.kind(called + 2) == "LPAR":
        reduced = _merged(s, s.text(called + 1), opening)  # the tensors one on the other, and then their sum
        return (s.closing(called + 2), reduced) if reduced is not None else None
    if s.kind(opening) != "LPAR" or s.kind(called) != "LPAR" or not s.touch(called - 1):
        return None
    merged = _merged(s, s.text(opening - 1), called)
    return (s.closing(called), merged) if merged is not None else None


def _with_method(s: BrokenStatement, chain: PortedChain, at: int, called: bool) -> PortedChain:
    """`x.relu()`, `x.flatten(1)`: a method of a tensor as a term behind it; `layers.append(A)` as the term put in."""
    if called and s.text(at) in _APPENDS and chain.start.isidentifier() and s.kind(at + 2) != "STRING":
        return expression(s, at + 2, s.closing(at + 1) - 1)
    found = method(s.text(at), s.arguments(at + 1) if called else (), chain.terms)
    if found is None:
        raise CannotPort("")
    return PortedChain(chain.start, found)


def expression(s: BrokenStatement, first: int, last: int) -> PortedChain:
    """The chain that an expression of tensors is. Raises `CannotPort`."""
    parts: list[str] = []
    at, chain = first, PortedChain("")
    while at <= last:
        sign = ""
        if s.kind(at) in _SIGNS:
            sign, at = s.text(at), at + 1
        elif parts or at > last:
            raise CannotPort("")
        end, operand = term(s, at)
        if sign == "-" and not operand.start:
            chain = PortedChain(chain.start, (*chain.terms, *operand.terms))
            parts[-1] = chain.operand()
        else:
            chain = operand
            parts += [sign, operand.operand()] if parts or sign else [operand.operand()]
        at = end + 1
    return chain if len(parts) == 1 else PortedChain(" ".join(parts).replace("- (", "- (", 1) if parts else "")


def _atom(s: BrokenStatement, first: int) -> tuple[int, PortedChain]:
    """A name, a call, a number or something in parentheses."""
    if s.kind(first) == "LPAR":
        closing = s.closing(first)
        inside = expression(s, first + 1, closing - 1)
        return closing, inside if not inside.start or inside.terms else PortedChain(f"({inside.start})")
    if s.kind(first) in ("NUMBER", "IN"):
        return first, PortedChain(s.text(first))
    if s.text(first) == "lambda" and s.kind(first + 2) == "COLON":
        return _of_function(s, first)
    end = dotted(s, first)
    end = first if end is None else end
    if s.kind(end) != "NAME" or s.text(end) in OBJECTS:
        raise CannotPort("")
    if s.kind(end + 1) == "LPAR":
        return s.closing(end + 1), _call(s, first, end)
    name = s.text(end)
    if end == first and name not in table().ours and not name[0].isupper():
        is_incoming = name in _OUTER or is_target(s, name)
        return end, PortedChain("" if is_incoming and not is_named(s, name) else name)
    return end, PortedChain("", (_layer(s, first, end, ()),))


def _of_function(s: BrokenStatement, first: int) -> tuple[int, PortedChain]:
    """`lambda x: x.flatten(1)`, as the terms of what it makes of its tensor."""
    last, level = first + 3, s.depth(first)
    while last < s.last and not (s.kind(last + 1) in ("COMMA", *_CLOSES) and s.depth(last + 1) <= level):
        last += 1
    chain = expression(s, first + 3, last)
    if chain.start not in ("", s.text(first + 1)) or not chain.terms:
        raise CannotPort("")
    return last, PortedChain("", chain.terms)


def _call(s: BrokenStatement, first: int, end: int) -> PortedChain:
    """`F.relu(x)`, `nn.Conv2d(3, 64, 3)`, `torch.cat([a, b])`."""
    name, opening = s.text(end), end + 1
    closing = s.closing(opening)
    if end > first and name in _APPENDS and s.kind(opening + 1) != "STRING":
        return expression(s, opening + 1, closing - 1)
    if s.text(end - 2) == "init" and end > first:
        raise CannotPort(initialisation(name, s.arguments(opening)))
    if name in _REPEATS and (several := repeated(s, end, _made)) is not None:
        return PortedChain(*several)
    if name == "Parameter" and (learned := parameter(s.written(opening + 1, closing - 1))):
        return PortedChain("", (learned,))
    if name in _WEIGHTS and s.kind(opening + 1) == "NAME":
        layer = term(s, opening + 1)[1].text()
        raise CannotPort(f"archc has no normalisation of weights: without it, the layer is `{layer}`")
    if name in _SAME and end > first:
        parts = s.parts(opening, closing)
        return expression(s, parts[0][1], parts[0][2]) if parts else PortedChain("")
    if name == "dict":
        return PortedChain("", (_configured(s.arguments(opening)),))
    if name in _SEQUENCES:
        return PortedChain("", _sequence(s, opening))
    if (merged := _merged(s, name, opening)) is not None:
        return merged
    parts = s.parts(opening, closing)
    given = next((p for p in parts if p[0] in _GIVEN and name.lower() != "input"), None)
    if given is None and parts and parts[0][0] is None and _is_tensor_at(s, parts[0][1], name, first < end):
        given = parts[0]
    rest = tuple((p[0], s.written(p[1], p[2])) for p in parts if p is not given)
    if given is None:
        return PortedChain("", (_layer(s, first, end, rest),))
    reshaped = method(name, rest, ()) if first < end and name in FUNCTIONS else None
    rest = tuple(r for r in rest if r[0] not in _SILENT and r[1] not in ("self.training", "training"))
    if s.text(first) == "slim" and name.startswith("conv") and all(label != "padding" for label, _ in rest):
        rest = (*rest, ("padding", '"same"'))  # what it does where nothing is said
    inside = expression(s, given[1], given[2])
    if reshaped is not None:
        return PortedChain(inside.start, (*inside.terms, *reshaped))
    if s.text(first) in OBJECTS:
        return PortedChain(inside.start, (*inside.terms, *_attribute(s, name)))
    if end == first and is_named(s, name) and made(s, name) is None:
        return PortedChain(name)  # a layer that is kept by a name, which is a tensor here
    if end == first and name.islower():
        known = meaning(name, rest) if name.isalpha() or folded(name) in table().terms else None
        if made(s, name) is not None or known is None or ("…" in guessed(name) and not rest):
            return PortedChain(inside.start, (*inside.terms, *_attribute(s, name)))
    return PortedChain(inside.start, (*inside.terms, _layer(s, first, end, rest)))


def _made(s: BrokenStatement, call: str) -> PortedChain:
    """The chain that the text of a call is. Raises `CannotPort`."""
    source = Source(s.source.name, call)
    tokens = [token for token in scan(source, tables()) if token.type != "NEWLINE"]
    return expression(BrokenStatement(source, tokens, 0, frozenset()), 0, len(tokens) - 1)


def _configured(settings: Written) -> str:
    """The term for `dict(type='Conv2d', out_channels=64)`, a layer in a configuration. Raises `CannotPort`."""
    kind = next((text[1:-1] for label, text in settings if label == "type"), "")
    meant = meaning(kind, tuple((label, text) for label, text in settings if label != "type")) if kind else None
    if meant is None or not meant.text:
        raise CannotPort(meant.advice if meant is not None else "")
    return meant.text


def _attribute(s: BrokenStatement, name: str) -> tuple[str, ...]:
    """The terms for `self.conv1`, under the name of the attribute: as the text makes it, or as its name says."""
    definition = made(s, name)
    if definition is None:
        text = guessed(name)
        if on_lists(s, s.last):
            text = text.replace(": BN", ': LN(over="last")').replace(": FC(", ": Linear(")
        return (text,)
    last, chain = term(definition, 0)
    if chain.start or last != definition.last:
        raise CannotPort("")
    return (chain.text(name),)


def _is_tensor_at(s: BrokenStatement, first: int, name: str, in_module: bool) -> bool:
    """Whether the argument that begins at `first` is a tensor, for a callee of some name."""
    if s.kind(first) in _BEGINS_VALUE:
        return False
    word = s.text(first)
    is_call = s.kind(first + 1) == "LPAR" or dotted(s, first) is not None
    if name[0].isupper():
        return is_tensor(s, word) and s.kind(first + 1) != "DOT"
    return (in_module or is_call or is_tensor(s, word)) and s.kind(first) in ("NAME", "IN")


def _layer(s: BrokenStatement, first: int, end: int, arguments: Written) -> str:
    """The term for a layer of another library, which may be archc's own. Raises `CannotPort`."""
    name = s.text(end)
    prefix = s.text(first) if end > first else ""
    if prefix == "paddle":
        name = re.sub(r"(\d)D$", r"\1d", name)  # PyTorch's layers in Keras' letters
    ways = (s.written(first, end), f"{prefix}.{name}", f"{s.text(end - 2)}.{name}") if prefix else ()
    theirs = next((way for way in ways if folded(way) in table().terms), "")
    own = table().ours.get(name, ())
    if prefix and name in table().ours:  # such as `inplace`
        arguments = tuple(a for i, a in enumerate(arguments) if i < len(own) or a[0] or a[1] not in ("True", "False"))
    if name in table().ours and not any(label not in (None, *table().ours[name]) for label, _ in arguments):
        meant = meaning(theirs, arguments) if theirs else None
    else:
        meant = meaning(theirs or name, arguments)
    if meant is not None:
        if not meant.text:
            raise CannotPort(meant.advice)
        return _for_lists(meant.text) if name in _LAST_AXIS and on_lists(s, first) else meant.text
    if name in table().ours:
        return rewritten(name, *known_arguments(name, arguments))
    if prefix and (found := table().shipped.get(name)) is not None:
        raise CannotPort(f'`{name}` is shipped: write `from "{found[1]}" use {name}` at the beginning')
    if prefix and (name.islower() or prefix in ("nn", "torch", "keras", "tf")):
        raise CannotPort(_unheard_of(name, prefix))
    written = ", ".join(text if label is None else f"{label}={text}" for label, text in arguments)
    return f"{name}({written})" if written else name


def _unheard_of(name: str, prefix: str) -> str:
    """What to do about a name of a library that stands for nothing here, a network that is shipped among them."""
    models = {folded(each): (each, file) for each, (what, file) in table().shipped.items() if what == "variant"}
    if (found := models.get(folded(name))) is not None:
        base, file = found
        return f'`{base}` is shipped: write `from "{file}" use {base}`, and `variant NAME = {base} {{ replace … }}`'
    if advice := of_training(name):
        return advice
    if name.islower():
        return f"archc has no `{name}`: its layers are listed by `archc explain`"
    return f"archc has no `{name}`: a chain joins layers with `-`, a label names one: `conv1: Conv(64)`"


def _for_lists(text: str) -> str:
    """A layer that works on each token by itself."""
    return re.sub(r"^FC\b", "Linear", text)


def _sequence(s: BrokenStatement, opening: int) -> tuple[str, ...]:
    """The items of `nn.Sequential( … )`, of `nn.ModuleList([ … ])`. Raises `CannotPort`."""
    closing = s.closing(opening)
    if s.kind(opening + 1) == "STAR" and s.kind(opening + 2) == "LSQB":
        opening, closing = opening + 2, s.closing(opening + 2)
    elif s.kind(opening + 1) == "LSQB" and s.closing(opening + 1) in (closing - 1, closing - 2):
        opening, closing = opening + 1, s.closing(opening + 1)
    if s.text(opening + 1) in ("OrderedDict", "dict") and s.kind(opening + 2) == "LPAR":
        opening, closing = opening + 2, s.closing(opening + 2)
        if s.kind(opening + 1) == "LSQB":
            opening, closing = opening + 1, s.closing(opening + 1)
    level = s.depth(opening + 1)
    loop = next((i for i in range(opening, closing) if s.kind(i) == "FOR" and s.depth(i) == level), 0)
    if loop:
        last, item = term(s, opening + 1)
        counted = re.fullmatch(r"for (\w+) in range\((\w+)\)", s.written(loop, closing - 1))
        if last != loop - 1 or item.start:
            raise CannotPort("")
        if counted and not re.search(rf"\b{counted[1]}\b", item.text()):
            return (f"[{item.text()}]x{'' if counted[2].isdigit() else ' '}{counted[2]}",)
        return (f"{s.written(loop, closing - 1)} {{ {item.text()} }}",)
    found: list[str] = []
    for name, first, last in s.parts(opening, closing):
        label = name or ""
        if s.kinds[first : first + 3] == ["LPAR", "STRING", "COMMA"] and s.closing(first) == last:
            label, first, last = s.text(first + 1).strip('"'), first + 3, last - 1
        end, chain = term(s, first)
        if end != last or chain.start:
            raise CannotPort("")
        found += (chain.text(label),) if label else chain.terms
    if not found:
        raise CannotPort("layers are joined with `-`: `Conv(64) - ReLU`")
    return tuple(found)


def _entry(name: str) -> dict[str, str]:
    """What the table has for a name that merges tensors; empty for another."""
    terms = table().terms
    return dict(terms.get(name) or terms.get(folded(name)) or {})


def _merged(s: BrokenStatement, name: str, opening: int) -> PortedChain | None:
    """`torch.cat([a, b])`, `layers.add([a, b])`, `torch.mul(a, b)`; None where nothing is merged."""
    entry = _entry(name)
    if not entry.keys() & {"merge", "sign", "mean"}:
        return None
    inside = [p for p in s.parts(opening, s.closing(opening)) if p[0] is None]
    if inside and s.kind(inside[0][1]) in ("LSQB", "LPAR") and s.closing(inside[0][1]) == inside[0][2]:
        inside = [p for p in s.parts(inside[0][1], s.closing(inside[0][1])) if p[0] is None]
    branches = [expression(s, first, last) for _, first, last in inside]
    if len(branches) < 2:
        return None
    if "merge" in entry:
        return PortedChain(f"{entry['merge']} {{ {' | '.join(b.text() or 'in' for b in branches)} }}")
    sign = entry.get("sign", "+")
    whole = f" {sign} ".join(b.operand() or "in" for b in branches)
    return PortedChain(f"({whole}) / {len(branches)}" if "mean" in entry else whole)


def _called_on(s: BrokenStatement, layer: PortedChain, opening: int) -> PortedChain:
    """`Conv2D(64, 3)(x)`, `Fuse(16)(a, b)`."""
    parts = [p for p in s.parts(opening, s.closing(opening)) if p[0] not in _SILENT]
    if len(parts) == 1 and s.kind(parts[0][1]) == "LSQB":
        parts = s.parts(parts[0][1], s.closing(parts[0][1]))
    inputs = list(dict.fromkeys(expression(s, a, b) for _, a, b in parts))  # a query that is its own key and value
    if len(inputs) == 1:
        return PortedChain(inputs[0].start, (*inputs[0].terms, *layer.terms))
    return PortedChain(f"({', '.join(i.text() or 'in' for i in inputs)})", layer.terms)
