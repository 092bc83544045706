"""Which instances of a class are one block, and their common body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from archc.importing.bodies import only_chain
from archc.importing.layers import DEPTHWISE
from archc.importing.terms import BodyTerms, LayerTerm, Lit
from archc.importing.unify import Differ, unify_chains
from archc.importing.usual import is_bare
from archc.support.record import replace

FACTORED, SHAPED, FLAT = 2, 1, 0
"""The level of factoring of a class: one block, one per graph, or one per instance, with its numbers."""
_MOST_LAYERS = 4
"""The maximum number of layers after which a block is named."""
Layers: TypeAlias = tuple[LayerTerm, ...]
Traits: TypeAlias = tuple[frozenset[str], bool]
"""The kinds of convolution of a chain of layers, and whether it has an activation."""


def alike(bodies: Sequence[BodyTerms], level: int) -> list[tuple[list[int], BodyTerms | None]]:
    """The groups of bodies that become one block: all, those with the same graph, or each by itself.

    With a group is its common body, if it is known.

    Of a class that is a chain of layers, depthwise convolutions and others are different blocks, and so are chains
    with and without an activation, unless the activation is a parameter, which may be `none`.
    """
    if level == FLAT:
        return [([i], None) for i in range(len(bodies))]
    if level == SHAPED:
        return _by_graph(bodies, list(range(len(bodies))))
    found: list[tuple[list[int], BodyTerms | None]] = []
    for group in _by_traits(bodies):
        whole = _together([bodies[i] for i in group], True)
        found += [(group, whole)] if whole else _by_graph(bodies, group)
    return found


def unified(bodies: Sequence[BodyTerms], guards: bool) -> BodyTerms:
    """One body for all. Raises `Differ`."""
    first = bodies[0]
    shapes = {
        (
            tuple((b.names, b.shared) for b in body.bindings),
            len(body.results),
            body.positional,
            len(body.training or ()),
        )
        for body in bodies
    }
    if len(shapes) != 1:
        raise Differ("statements")
    bindings = tuple(
        replace(b, chain=unify_chains([body.bindings[i].chain for body in bodies], guards))
        for i, b in enumerate(first.bindings)
    )
    results = tuple(unify_chains([body.results[i] for body in bodies], guards) for i in range(len(first.results)))
    training = first.training and tuple(
        unify_chains([(body.training or ())[i] for body in bodies], guards) for i in range(len(first.training))
    )
    return BodyTerms(bindings, results, training, first.positional)


def named_after_layers(bodies: Sequence[BodyTerms], kind: str) -> str:
    """The name of one of the several blocks of a class: its layers, if these are few, otherwise the class."""
    chains = [_layers(body) for body in bodies]
    longest = max((c for c in chains if c is not None), key=len, default=())
    if not longest or len(longest) > _MOST_LAYERS:
        return kind
    kinds = [{_kind(c[i]) for c in chains if c is not None and len(c) == len(longest)} for i in range(len(longest))]
    return "".join(next(iter(k)) if len(k) == 1 else "Act" for k in kinds)


def _by_graph(bodies: Sequence[BodyTerms], some: list[int]) -> list[tuple[list[int], BodyTerms | None]]:
    """The instances by graph, with their common body. One that fits the first of a group nearly always fits all."""
    groups = _grouped(bodies, some, 1)
    wholes = [_together([bodies[i] for i in group], False) for group in groups]
    if None in wholes:
        return [(group, None) for group in _grouped(bodies, some, len(some))]
    return list(zip(groups, wholes, strict=True))


def _grouped(bodies: Sequence[BodyTerms], some: list[int], most: int) -> list[list[int]]:
    """Put each instance into the first group with whose first members, `most` of them, it can be unified."""
    groups: list[list[int]] = []
    for i in some:
        for group in groups:
            if _together([bodies[j] for j in (*group[:most], i)], False):
                group.append(i)
                break
        else:
            groups.append([i])
    return groups


def _together(bodies: Sequence[BodyTerms], guards: bool) -> BodyTerms | None:
    try:
        return bodies[0] if len(bodies) == 1 else unified(bodies, guards)
    except Differ:
        return None


# -- classes that are a chain of layers -------------------------------------------------------------------------------


def _by_traits(bodies: Sequence[BodyTerms]) -> list[list[int]]:
    """The instances of a class by the traits of their chains; all together if one is not just a chain of layers."""
    chains = [layers for body in bodies if (layers := _layers(body)) is not None]
    if len(chains) < len(bodies):
        return [list(range(len(bodies)))]
    active = [any(map(is_bare, chain)) for chain in chains]
    kinds = {term.kind for chain in chains for term in chain if is_bare(term)}
    if len(kinds) > 1 and not all(active):
        return [list(range(len(bodies)))]
    found: dict[Traits, list[int]] = {}
    for i, chain in enumerate(chains):
        convolutions = frozenset(k for k in map(_kind, chain) if k in ("Conv", "DWConv"))
        found.setdefault((convolutions, active[i]), []).append(i)
    return list(found.values())


def _layers(body: BodyTerms) -> Layers | None:
    chain = only_chain(body)
    layers = tuple(t for t in chain or () if isinstance(t, LayerTerm))
    return layers if chain and len(layers) == len(chain) else None


def _kind(layer: LayerTerm) -> str:
    depthwise = layer.kind == "Conv" and dict(layer.arguments).get(DEPTHWISE, Lit(0)) != Lit(0)
    return "DWConv" if depthwise else layer.kind
