"""Random edits of a network."""

from __future__ import annotations

from random import Random

from tests.reference.graph import Module
from tests.reference.layers import weights
from tests.reference.network import Network


def edits(rng: Random, base: Network) -> str:
    """The lines of one to four edits, which need not be valid together."""
    modules = [m for m in base.modules.values() if len(m.inputs) == len(m.outputs) == 1]
    if not modules:
        return "  freeze all\n"
    if rng.random() < 0.12:  # it removes everything after it, so few other edits are valid with it
        end = rng.choice(modules)
        other = rng.choice(modules)
        more = rng.choice((f"freeze {end.path}", f"replace {other.path}: {_chain(rng, other)}", "freeze all"))
        first = f"truncate after {end.path}"
        if rng.random() < 0.4:
            inner = rng.random() < 0.5
            outer = [m.path for m in modules if inner or "." not in m.path] or [end.path]
            first = f"return {', '.join(rng.sample(outer, min(len(outer), rng.randint(1, 3))))}"
        return f"  {first}\n" + (f"  {more}\n" if rng.random() < 0.5 else "")
    lines = [_edit(rng, base, rng.choice(modules)) for _ in range(rng.randint(1, 4))]
    return "".join(f"  {line}\n" for line in sorted(lines, key=lambda line: "freeze" in line))


def _edit(rng: Random, base: Network, module: Module) -> str:
    form = rng.choices(
        ("replace", "remove", "insert", "truncate", "freeze", "unfreeze", "head", "pattern"), (4, 2, 3, 1, 2, 1, 2, 1)
    )[0]
    path = module.path
    if form == "head":
        heads = [p for p, m in base.modules.items() if m.kind == "FC"]
        path = rng.choice(heads) if heads else path
        return f"replace {path}: {rng.choice(HEADS)}"
    if form == "replace":
        return f"replace {path}: {_chain(rng, module)}"
    if form == "remove":
        return f"remove {path}"
    if form == "insert":
        return f"insert after {path}: {_inserted(rng, module)}"
    if form == "truncate":
        return f"truncate after {path}"
    if form == "pattern":
        return _pattern(rng, path)
    frozen = [p for p, m in base.modules.items() if any(_has_weights(base, n) for n in m.nodes)]
    if not frozen or rng.random() < 0.15:
        return f"{form} all"
    paths = ", ".join(rng.sample(frozen, min(len(frozen), rng.randint(1, 3))))
    return f"{form} all except {paths}" if rng.random() < 0.3 else f"{form} {paths}"


def _has_weights(base: Network, number: int) -> bool:
    node = base.nodes[number]
    return bool(weights(node.kind, node.arguments, node.inputs[0].shape))


HEADS = (
    "FC(3)", "(Dropout(0) - FC(3))", "(FC(8) - ReLU - FC(2))", "head: FC(3)", "head: (FC(in.channels) - FC(2))",
    "Identity",
    "(BN - FC(4))", "Linear(3)",
)  # fmt: skip


def _chain(rng: Random, module: Module) -> str:
    """A chain that usually fits in place of a module: it has the same output channels."""
    shape = module.outputs[0]
    if len(shape) == 1:
        return rng.choice(("FC(3)", f"FC({shape[0]})", f"(FC(4) - ReLU - FC({shape[0]}))", "Identity"))
    stride = "" if module.inputs[0][1:] == shape[1:] else ", 3, 2"
    conv = f"Conv({shape[0]}{stride})"
    return rng.choice((
        conv, f"({conv} - BN - ReLU)", f"other: {conv}", f"(one: {conv} - BN)", f"[{conv}]x{1 if stride else 2}",
        f"add {{ {conv} | {conv} }}", f"{conv} - BN", f"(ReLU - {conv}) if (in.channels > 4) else {conv}", "Identity",
        f"mixed: add {{ {conv} | Conv({shape[0]}, 1{stride.replace(', 3', '')}) }}", "ReLU",
    ))  # fmt: skip


def _inserted(rng: Random, module: Module) -> str:
    c = module.outputs[0][0]
    if len(module.outputs[0]) == 1:
        return rng.choice(("ReLU", "BN", f"extra_fc: FC({c})", "drop: Dropout(0)", f"(BN - FC({c}))"))
    return rng.choice((
        "BN", "ReLU", "act: SiLU", f"Conv({c}, 1)", f"new: (Conv({c}) - BN)", f"(Conv({c}) - ReLU)",
        "add { in | Conv(in.channels) }",
        f"[Conv({c}, 1) - ReLU]x2", "gate2: mul { in | GAPool - Conv(in.channels, 1) - Sigmoid }",
        "new: Conv(in.channels)", "DWConv",
    ))  # fmt: skip


def _pattern(rng: Random, path: str) -> str:
    """A path in which a part is a wildcard, or a digit a range."""
    names = path.split(".")
    number = rng.randrange(len(names))
    last = names[-1]
    names[number] = (
        "*" if rng.random() < 0.5 else f"{names[number][:-1]}[0-9]" if names[number][-1].isdigit() else names[number]
    )
    pattern = ".".join(names)
    conv = last.startswith("conv")
    return rng.choice((f"freeze {pattern}", f"freeze {path}, {pattern}",
    f"insert after {pattern}: {'new: BN' if conv else 'ReLU'}",
                       f"unfreeze {pattern}", f"remove {pattern}"))  # fmt: skip
