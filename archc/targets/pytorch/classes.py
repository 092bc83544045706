"""From networks to classes: translate, specialise, name, and validate what is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.ir.data import Callee
from archc.ir.expr import Const, Expr, Functions, const, lift
from archc.ir.network import Network
from archc.ir.op import Op
from archc.ops import registry
from archc.support.record import Record
from archc.targets.pytorch.code import Class, PrintedClass
from archc.targets.pytorch.construct import Constructor
from archc.targets.pytorch.inplace import overwrite
from archc.targets.pytorch.instances import owner_key
from archc.targets.pytorch.names import camel
from archc.targets.pytorch.passes.containers import contain
from archc.targets.pytorch.passes.fields import keep_fields
from archc.targets.pytorch.passes.naming import name_variables
from archc.targets.pytorch.passes.nesting import nest
from archc.targets.pytorch.passes.specialise import drop_parameters, read_parameters, sites, specialise
from archc.targets.pytorch.registry import require_lowerings
from archc.targets.pytorch.translate import Monomorphic, Translator
from archc.targets.pytorch.validate import validate


class EmittedNetwork(Record):
    """A network, the class of its model, and the arguments that make it."""

    network: Network
    made: Class
    arguments: Mapping[str, Expr]


class Translated(Record):
    """The classes of a file in the order of writing, and the networks that they build."""

    classes: tuple[Class, ...]
    entries: tuple[EmittedNetwork, ...]
    functions: Functions
    kinds: Mapping[str, type[Op]]


def translated(networks: Sequence[Network], *, special: bool = True) -> Translated:
    """Build the classes of these networks as data. `special`: specialise them to these networks."""
    for network in networks:
        network.require_whole()
    require_lowerings(networks)
    kinds = registry()
    translator = Translator(networks, kinds)
    translator.prepare()
    entries: list[EmittedNetwork] = []
    while True:
        try:
            entries = [_entry(translator, n) for n in networks]
            _require_no_sizes(_reached([e.made for e in entries]), _resized(networks))
            break
        except Monomorphic as reason:
            translator.give_up(reason)
    classes = _reached([e.made for e in entries])
    if special:
        specialise(classes, [(e.made, e.arguments) for e in entries], translator.functions)
        classes = _reached([e.made for e in entries])
    else:
        drop_parameters(classes)
    overwrite(classes)
    found = Translated(tuple(classes), tuple(entries), translator.functions, kinds)
    taken = frozenset({*translator.functions, *class_names(found).values()})
    for made in classes:
        keep_fields(made)
        nest(made)
        name_variables(made, taken)
        contain(made)
    return found


def validate_all(t: Translated, said: Mapping[int, PrintedClass], given: Sequence[Mapping[str, Expr]]) -> None:
    """Compare the meaning of the printed classes, built with the arguments `given`, with the networks.

    Raises `Mismatch`.
    """
    for entry, arguments in zip(t.entries, given, strict=True):
        values = {n: e.value for n, e in arguments.items() if isinstance(e, Const)}
        validate(entry.made, values, entry.network, Constructor(t.kinds, t.functions, said))


def _resized(networks: Sequence[Network]) -> frozenset[str]:
    """The keys of the definitions that a shared module runs at several sizes, or a group or repeat of theirs."""
    return frozenset(
        owner_key(network, scope)
        for network in networks
        for scope in network.scopes
        if scope.shared is not None
        for one, other in zip(scope.inputs, network.scopes[scope.shared].inputs, strict=True)
        if network.type_of(one).dims[1:] != network.type_of(other).dims[1:]
    )


def _require_no_sizes(classes: Sequence[Class], resized: frozenset[str]) -> None:
    """Require that classes that run at several sizes have none as an argument: they would state that of one use.

    `classes`: builders come after what they build. A model runs at one size.
    """
    for made in classes:
        if (
            made.kind != "model"
            and made.definition in resized
            and {a.name for a in made.arguments if a.axis} & read_parameters(made)
        ):
            raise Monomorphic(made.definition, "a shared module runs it at several sizes")


def _entry(translator: Translator, network: Network) -> EmittedNetwork:
    made, given = translator.model(network)
    arguments: dict[str, Expr] = {}
    for a in made.arguments:
        dims = network.type_of(network.inputs[a.input]).dims
        e = given[a.spec] if a.spec else const(dims[a.axis])
        if a.type == "tuple[int, int]" and isinstance(e, Const) and type(e.value) is int:
            e = lift((e, e))
        arguments[a.name] = e
    return EmittedNetwork(network, made, arguments)


def _reached(models: Sequence[Class]) -> list[Class]:
    """The classes of models and of everything they build; builders come after what they build."""
    found: dict[int, Class] = {}
    open_: set[int] = set()

    def visit(made: Class) -> None:
        if id(made) in found or id(made) in open_:
            return
        open_.add(id(made))
        for _, new in sites([made]):
            visit(new.made)
        found[id(made)] = made

    for model in models:
        visit(model)
    return list(found.values())


def class_names(t: Translated) -> dict[int, str]:
    """The names of the classes."""
    taken = {"Tensor", "OrderedDict", "NamedTuple", "Self", "nn", "torch", *t.functions}
    found: dict[int, str] = {}
    models = [m for m in t.classes if m.kind == "model"]
    for made in (*models, *(m for m in t.classes if m.kind != "model")):
        base = camel(made.name)
        if made.kind == "model" and sum(m.name == made.name for m in models) > 1:
            base = _model_name(made, t)
        name, number = base, 2
        while name in taken:
            name, number = f"{base}{number}", number + 1
        taken.add(name)
        found[id(made)] = name
    return found


def _model_name(made: Class, t: Translated) -> str:
    """Distinguish models of one name by the blocks that they consist of, or by their networks."""
    own = [e.network for e in t.entries if e.made is made]
    edited = any(n.base for n in own)
    blocks = [c for c in dict.fromkeys(_passed(own[0])) if any(c not in _passed(e.network) for e in t.entries)]
    if blocks and not edited:
        return "".join(map(camel, blocks)) + camel(made.name)
    return camel(own[0].name)


def _passed(network: Network) -> list[str]:
    return [a.value.name for a in network.scopes[0].arguments if isinstance(a.value, Callee)]
