"""The problem for an unknown name: what it is near to, what it is called here, or where it is defined."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from archc.diagnostics.problems.names import UnknownArgument, UnknownName
from archc.diagnostics.words.given import value
from archc.diagnostics.words.meaning import Written, meaning
from archc.diagnostics.words.near import nearest, nearest_argument
from archc.diagnostics.words.table import folded, table

_PACKED = re.compile(r"k(\d+)(?:s(\d+))?(?:p(\d+))?")
_FUNCTIONS = frozenset("min max abs round floor ceil int len sum range enumerate zip".split())
_SHORT = {"s": "stride", "p": "pad", "d": "dilation", "g": "groups"}
"""What figures call arguments, with the number behind it."""
_ELSEWHERE = frozenset({"add", "concat", "mul", "linear"})
"""Words that are written like a layer and are another thing."""
_MOST = 4
"""Names that are listed."""
_LAYERS = "`archc explain` lists the layers; an entry point in the group `archc.ops` adds one of your own"


def unknown_term(name: str, arguments: Written, known: Iterable[str]) -> UnknownName:
    """A layer, block, macro or tensor that is not known.

    Args:
        name: What is written, a prefix such as `nn.` included.
        arguments: Its arguments as they are written.
        known: What may stand there: layers, blocks, macros and tensors, no models and no values.
    """
    what = "layer, block or tensor"
    known = tuple(each for each in known if each != "Input")  # which is no term
    if not arguments and (ours := table().tensors.get(name)) is not None and name not in known:
        named = "; the layer that changes nothing is `Identity`" if name == "identity" else ""
        advice = f"what comes into a body or a branch is `{ours}`, as in `add {{ … | {ours} }}`{named}"
        return UnknownName(name=name, what=what, instead=ours, advice=advice)
    same = [each for each in known if folded(each) == folded(name)]
    if len(same) == 1 and name.lower() not in _ELSEWHERE:
        return UnknownName(name=name, what=what, nearest=same[0])
    tensor, rest = _of_tensor(name, arguments, known)
    meant = meaning(name, rest)
    if meant is not None:
        instead = f"{tensor} - {meant.text}" if tensor in known and meant.text else meant.text
        return UnknownName(name=name, what=what, instead=instead, advice=meant.advice)
    stem = name.rstrip("0123456789")
    alike = [each for each in known if each != stem and each.rstrip("0123456789") == stem] if stem != name else []
    if alike and name.islower():
        listed = ", ".join(f"`{each}`" for each in alike[-_MOST:])
        advice = f"there {'are' if alike[1:] else 'is'} {listed}; a tensor is named before its chain, `{name} = …`"
        return UnknownName(name=name, what=what, advice=advice)
    if (times := re.fullmatch(r"[xX](\d+)", name)) is not None and times[1] not in ("0", "1"):
        advice = f"a repeat is `[ … ]x{times[1]}`, with what is repeated in the brackets"
        return UnknownName(name=name, what=what, advice=advice)
    if near := nearest(name, known):
        return UnknownName(name=name, what=what, nearest=near)
    if (found := table().shipped.get(name)) is not None and found[0] in ("block", "macro"):
        return UnknownName(name=name, what=what, advice=_use(name, found[1]))
    if advice := of_training(name):
        return UnknownName(name=name, what=what, advice=advice)
    if near := nearest(folded(name), table().terms):
        meant = meaning(near, arguments)
        if meant is not None and meant.text and meant.text != "Identity":
            return UnknownName(name=name, what=what, advice=f"write `{meant.text}`, if that is meant")
    return UnknownName(name=name, what=what, advice=_undefined(name, arguments))


def _of_tensor(name: str, arguments: Written, known: Collection[str]) -> tuple[str, Written]:
    """The tensor that is the first argument of a function, `max_pool(x, 2)`, and the rest; empty where none is."""
    label, first = arguments[0] if arguments else (None, "")
    merges = table().terms.get(folded(name), {}).keys() & {"merge", "sign", "mean"}
    is_function = (name.islower() or name.endswith("Layer")) and not merges
    is_tensor = first.islower() and (first in known or first in table().tensors or first == "net")
    several = any(each[1] in known for each in arguments[1:])  # of which it may make one
    return (first, arguments[1:]) if is_function and label is None and is_tensor and not several else ("", arguments)


def _undefined(name: str, arguments: Written) -> str:
    """How a name that is known nowhere gets a meaning: a tensor in the body, a block before it."""
    if not name[0].isupper():
        return f"a tensor is named before its chain, `{name} = …`; {_LAYERS}"
    parameters = ", ".join(label or "abcdefgh"[min(number, 7)] for number, (label, _) in enumerate(arguments))
    return f"define it before the model, `block {name}{f'({parameters})' if parameters else ''} {{ … }}`; {_LAYERS}"


def of_training(name: str) -> str:
    """Why nothing of training stands in a spec, where a word is one of it; empty where it is not."""
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    known = table().training
    return known.get("_".join(words), "") or next((known[word] for word in words if word in known), "")


def unknown_base(name: str, known: Iterable[str]) -> UnknownName:
    """A model or variant that is not known, where `known` can be built on."""
    if near := nearest(name, known):
        return UnknownName(name=name, what="model or variant", nearest=near)
    shipped = {each: file for each, (what, file) in table().shipped.items() if what in ("model", "variant")}
    advice = "`archc list` names the networks that are shipped"
    if name in shipped:
        advice = _use(name, shipped[name])
    elif close := nearest(name, shipped):
        advice = f"`{close}` is shipped: {_use(close, shipped[close])}"
    return UnknownName(name=name, what="model or variant", advice=advice)


def _use(name: str, file: str) -> str:
    return f'write `from "{file}" use {name}` at the beginning'


def unknown_value(name: str, known: Collection[str], head: str = "", layers: Collection[str] = ()) -> UnknownName:
    """A name in an expression that is not known.

    Args:
        name: What is written.
        known: The names that may stand there.
        head: That of the definition around it, with a parameter more.
        layers: The names of layers, which are values too: a word with a capital may be a slip of one.
    """
    entry = table().values.get(name)
    if entry is not None:
        ours = entry.get("is", "")
        if ours in known or not ours.isidentifier() or ours in ("true", "false", "none", "half"):
            return UnknownName(name=name, instead=ours, advice=entry.get("none", ""))
    if name in _FUNCTIONS:
        return UnknownName(name=name, advice=f"`{name}` is a function, called with parentheses: `{name}(…)`")
    if near := nearest(name, known):
        return UnknownName(name=name, nearest=near)
    if activation := table().activations.get(folded(name)):
        return UnknownName(name=name, nearest=activation)
    if name[0].isupper() and (near := nearest(name, layers)):
        return UnknownName(name=name, nearest=near)
    if (packed := _PACKED.fullmatch(name)) is not None:
        stride = f", {packed[2]}" if packed[2] else ""
        pad = f", pad={packed[3]}" if packed[3] else ""
        return UnknownName(name=name, instead=f"{packed[1]}{stride}{pad}")
    if any(name in parameters for parameters in table().ours.values()) and not head.startswith(("block", "macro")):
        advice = f"an argument is named with one `=`: `{name}=…`; {_no_value(name, head)}"
        return UnknownName(name=name, advice=advice)
    if (short := re.fullmatch(r"([spdg])(\d+)", name)) is not None:
        return UnknownName(name=name, advice=f"arguments are named: `{_SHORT[short[1]]}={short[2]}`")
    longer = [each for each in known if each.startswith(name) or (name.startswith(each) and len(each) > 2)]
    if len(longer) == 1 and len(name) > 1:
        return UnknownName(name=name, advice=f"write `{longer[0]}`, if that is meant")
    return UnknownName(name=name, advice=_no_value(name, head))


def _no_value(name: str, head: str) -> str:
    """How a name gets a value: by a `let`, or as a parameter of the definition with the head that is shown."""
    named = f"`let {name} = …` before it names a value"
    named = f"{named}; as a parameter, put it in the head: `{head}`" if head else named
    return f'{named}; a string needs quotes: `"{name}"`' if name.islower() and len(name) > 1 else named


def unknown_kind(name: str, kinds: Collection[str], *, is_defined: bool = False) -> UnknownName:
    """A layer of a `default` or `init` that is not known; `is_defined` where something else is called so."""
    if name in ("all", "every", "weights", "weight", "model"):
        advice = "it is said for each kind of layer: `init Conv = kaiming_normal`, `init FC = normal(std=0.01)`"
        return UnknownName(name=name, what="layer", advice=advice)
    meant = meaning(name, ())
    if meant is not None and meant.text in kinds:
        return UnknownName(name=name, what="layer", nearest=meant.text)
    if meant is not None:
        return UnknownName(name=name, what="layer", advice=meant.advice or f"write `{meant.text}`")
    near = nearest(name, kinds)
    own = f"`{name}` is no layer; a block or macro has its defaults in its head: `block {name}(c, stride=1) {{ … }}`"
    return UnknownName(name=name, what="layer", nearest=near, advice="" if near else own if is_defined else _LAYERS)


def unknown_initialisation(name: str, known: Collection[str]) -> UnknownName:
    """A function of an `init` that is not known."""
    if ours := table().initialisers.get(folded(name), ""):
        return UnknownName(name=name, what="initialisation", instead=ours, advice=f"write `{ours}`")
    near = nearest(name, known)
    advice = "" if near else f"there are {', '.join(known)}"
    return UnknownName(name=name, what="initialisation", nearest=near, advice=advice)


def unknown_function(name: str, known: Collection[str]) -> UnknownName:
    """A function in an expression that is not known."""
    near = nearest(name, known)
    advice = "" if near else table().callables.get(name, "")
    return UnknownName(name=name, what="function", nearest=near, advice=advice)


def unknown_tensor(name: str, attribute: str, known: Collection[str]) -> UnknownName:
    """A name before a dot that is no tensor, such as the module of a program."""
    advice = ""
    if name in ("self", "this"):
        advice = f"a spec has no `{name}`: a value is named with `let`, a tensor as in `x = Conv(64)`"
        if attribute == "training":
            advice = "what training returns besides is a statement: `return training a, b`"
    elif name == "torchvision":
        advice = 'a text stands in quotes: `"torchvision:resnet18"`'
    elif (meant := meaning(attribute, ())) is not None and meant.text:
        advice = f"a layer has no module before it: write `{meant.text}`"
    elif attribute in _FUNCTIONS:
        advice = f"write `{attribute}(…)`"
    return UnknownName(name=name, what="tensor", nearest="" if advice else nearest(name, known), advice=advice)


def unknown_property(name: str, known: Collection[str]) -> UnknownName:
    """What follows a dot after a tensor and is none of its sizes."""
    near = table().properties.get(name, "") or nearest(name, known)
    advice = "" if near else "a tensor has `channels`, `height` and `width`, as in `in.channels`"
    return UnknownName(name=name, what="property of a tensor", nearest=near, advice=advice)


def unknown_code(name: str, known: Collection[str]) -> UnknownName:
    """The code of a warning that is not known: an error's, one without its zero."""
    if name[:1] in "Ee" and name[1:].isdigit():
        advice = "an error cannot be allowed: only warnings and notes, whose codes begin with `W` and `N`"
        return UnknownName(name=name, what="warning", advice=advice)
    if name in ("all", "warnings", "none"):
        advice = "warnings are allowed one by one: `allow W0301, W0302`"
        return UnknownName(name=name, what="warning", advice=advice)
    short = re.fullmatch(r"([WNwn])0*(\d+)", name)
    full = f"{short[1].upper()}{short[2].zfill(4)}" if short else ""
    near = full if full in known and full != name else nearest(name, known)
    return UnknownName(
        name=name, what="warning", nearest=near, advice="" if near else "`archc explain` lists the codes"
    )


def unknown_arguments(
    callee: str, unknown: Iterable[tuple[str, str]], known: tuple[str, ...], given: Collection[str] = ()
) -> UnknownArgument:
    """Arguments of one call that its callee does not have.

    Args:
        callee: What is called.
        unknown: The name and the text of each of them.
        known: The names of the callee's parameters.
        given: Those that get an argument otherwise.
    """
    found = [(name, *_ours(name, text, known, given)) for name, text in unknown]
    left = [number for number, (_, ours, why) in enumerate(found) if not ours and not why]
    free = [name for name in known if name not in given and all(name != ours for _, ours, _ in found)]
    if len(left) == len(free) == 1 and callee not in table().ours:
        found[left[0]] = (found[left[0]][0], free[0], "")  # no other is left
    ways = tuple((name, ours, why) for name, ours, why in found)
    return UnknownArgument(callee=callee, name=found[0][0], nearest=found[0][1], known=known, ways=ways)


def _ours(name: str, text: str, known: tuple[str, ...], given: Collection[str]) -> tuple[str, str]:
    """The parameter that is meant by an argument's name, or why none is needed."""
    words = table()
    if name in ("keep_prob", "keep", "keep_rate", "keep_ratio") and "p" in known:
        return "", f"`p` is the share that is dropped, 1 - {name}"
    free = [each for each in known if each not in given]
    if value(text) == "" and "pad" in known:
        return "", "a convolution keeps the size of the image unless `pad` says otherwise"
    for ours in words.arguments.get(name, ()):
        if ours in free:
            return ours, ""
    if name not in words.needless and name not in words.missing and (near := nearest_argument(name, free)):
        return near, ""
    return "", words.needless.get(name, words.missing.get(name, ""))
