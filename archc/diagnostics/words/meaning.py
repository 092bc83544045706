"""What the term of another library is in a chain of archc's, with its arguments translated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from archc.diagnostics.words.functions import of_tensors
from archc.diagnostics.words.given import activation_of, argument, sides_of, value, with_sides
from archc.diagnostics.words.table import folded, table
from archc.support.record import Record

Written = tuple[tuple[str | None, str], ...]
"""The arguments of a call as they are written: the name of each, if it has one, and its text."""


class Meant(Record):
    """The text to write for a term, empty if there is none, or if advice says more."""

    text: str = ""
    advice: str = ""


ACTIVATIONS = frozenset({"activation", "act", "nonlinearity", "act_type"})
"""Arguments that other libraries give a layer for the activation behind it."""

_KEPT = frozenset({"keep_prob", "keep", "keep_rate", "keep_ratio"})
"""Arguments for the share that a dropout keeps."""
_NORMS = frozenset(
    {"bn", "batch_norm", "batchnorm", "batch_normalize", "use_bn", "norm", "norm_layer", "normalizer_fn"}
)
_RELUS = frozenset({"relu", "use_relu"})
"""Arguments for a layer behind a convolution."""
_WIDE = re.compile(r"(fc|dense|linear)_?(\d{2,})|(conv)_?(1[6-9]|[2-9]\d|\d{3,})")
"""A layer in small letters with its width."""
_SIZED = re.compile(r"([A-Za-z]*?)_?(\d)x(\d)_?([A-Za-z]*)")
_CONVS = {"conv": "Conv", "convolution": "Conv", "conv2d": "Conv", "dwconv": "DWConv", "depthwise": "DWConv"}
_POOLS = {"maxpool": "MPool", "mpool": "MPool", "pool": "MPool", "avgpool": "APool", "apool": "APool"}
_ENDINGS = re.compile(r"_?(layer|module|op|_v[12]|2[dD]|same)$", re.IGNORECASE)
_POOLINGS = frozenset({"pooling", "pool", "pooling2d", "pool2d"})
_WAYS = frozenset({"pool", "pool_type", "pooling_type", "pool_mode"})
"""Arguments that say whether a pooling takes the maximum or the mean."""
_WHOLE = frozenset({"global_pooling", "global_pool"})
"""Arguments that say that a pooling is of the whole image."""
_GLOBAL = {"AdaptiveAPool": "GAPool", "AdaptiveMPool": "GMPool"}
"""What a pooling to one place is."""
_PLACES = re.compile(r"\{(\w+)\}")


def meaning(name: str, arguments: Written) -> Meant | None:
    """What a term of another library is here; None where its name is not known."""
    words = table()
    last = name.rpartition(".")[2]
    arguments = with_sides(arguments)
    if (causal := _causal(name, arguments)) is not None:
        return causal
    if (found := of_tensors(name, arguments)) is not None:
        return Meant(*found)
    if "pad" in folded(last):
        padded = _padded_with_zeros(last, arguments)
        if padded is None:
            return Meant(advice="`Pad` adds zeros, or numbers of the image itself: it has no other constant")
        arguments = padded
    if not arguments and (wide := _WIDE.fullmatch(last)) is not None:
        return Meant(f"Conv({wide[4]})" if wide[3] else f"FC({wide[2]})")
    counted = re.fullmatch(r"(\w+?\dx\d)_(\d+)", last) if not arguments else None
    last, arguments = (counted[1], ((None, counted[2]),)) if counted is not None else (last, arguments)
    if (sized := _sized(last, arguments)) is not None:
        return sized
    if folded(last) == "view" and arguments:
        sizes = [text.strip() for _, text in arguments][1:]
        return Meant(f"Reshape([{', '.join(sizes)}])" if len(sizes) > 1 else "Flatten")
    if folded(last) in _POOLINGS and (pooled := _pooled(arguments)) is not None:
        return pooled
    plain = words.functions.get(last, last)
    full = (name, folded(name)) if name != last else ()  # with its library, which no function has for another name
    keys = (*full, plain, folded(plain))
    entry = next((words.terms[key] for key in keys if key in words.terms), None)
    if not set(full) & words.terms.keys():
        entry = _of_its_library(entry, words.alike.get(keys[-1], ()), arguments)
    if entry is None and (short := _shorter(last)) != last:
        ours = next((kind for kind in words.ours if folded(kind) == folded(short)), None)
        return (
            Meant(_call(ours, [(label, value(text)) for label, text in arguments]))
            if ours
            else meaning(short, arguments)
        )
    if entry is None:
        kind = next((kind for kind in words.ours if folded(kind) == folded(last) and kind != name), None)
        family = words.terms.get(re.sub(r"\d[\d_x]*$", "", last), {}).get(
            "none", ""
        )  # `MBConv6` is one of the `MBConv`s
        if not kind and family and last[-1].isdigit():
            return Meant(advice=_advice(family, arguments))
        return Meant(rewritten(kind, *known_arguments(kind, arguments))) if kind else _numbered(last, arguments)
    if entry.keys() & {"merge", "sign", "mean"}:
        return _merging(entry, last, arguments)
    if (form := entry.get("write")) is not None:
        return _filled(form, entry, arguments)
    if (advice := entry.get("none")) is not None:
        return Meant(advice=_advice(advice, arguments))
    own = folded(entry.get("is", "")) == folded(name)
    return _translated(entry, arguments, [a for a in arguments if a[0] is None] if own else arguments)


def _merging(entry: Mapping[str, str], name: str, arguments: Written) -> Meant:
    """A layer that makes one tensor of several."""
    if (merge := entry.get("merge")) is not None:
        branches = _branches(arguments)
        if not branches and merge != "concat" and folded(name) == merge and len(arguments) == 1:
            branches = ["in", arguments[0][1]] if arguments[0][1].isidentifier() else []  # what comes in, and a tensor
        return (
            Meant(f"{merge} {{ {' | '.join(branches)} }}") if branches else Meant(advice=f"write `{merge} {{ A | B }}`")
        )
    sign = entry.get("sign", "")
    return Meant(advice=f"write `{entry.get('mean') or f'A {sign} B'}`")


def _pooled(arguments: Written) -> Meant | None:
    """A pooling whose arguments say whether it takes the maximum or the mean, and whether of the whole image."""
    chosen = next((text for label, text in arguments if label in _WAYS), "")
    is_mean = re.match(r"\W*(ave?|mean)", chosen.lower()) is not None
    if any(label in _WHOLE and value(text) in ("true", "1") for label, text in arguments):
        return Meant("GAPool" if is_mean else "GMPool")
    rest = tuple(each for each in arguments if each[0] not in _WAYS | _WHOLE)
    return meaning("AvgPool2d" if is_mean else "MaxPool2d", rest) if chosen else None


def _causal(name: str, arguments: Written) -> Meant | None:
    """A convolution that sees what came before alone: its padding stands in front; None for another."""
    if not any(text.strip("'\"") == "causal" for _, text in arguments):
        return None
    meant = meaning(name, tuple(a for a in arguments if a[1].strip("'\"") != "causal"))
    found = re.fullmatch(r"Conv\((\w+), (\d+)(.*)\)(.*)", meant.text) if meant is not None else None
    if found is None:
        return Meant(advice="archc pads alike on both sides: put `Pad([[2, 0]])` before a `Conv` with `pad=0`")
    dilation = re.search(r"dilation=(\d+)", found[3])
    before = (int(found[2]) - 1) * (int(dilation[1]) if dilation else 1)
    rest = found[3] if "pad=0" in found[3] else f"{found[3]}, pad=0"
    return Meant(f"Pad([[{before}, 0]]) - Conv({found[1]}, {found[2]}{rest}){found[4]}")


def _padded_with_zeros(name: str, arguments: Written) -> Written | None:
    """The arguments of a padding without what says that it is of zeros; None if it is of another number."""
    kept: list[tuple[str | None, str]] = []
    constant = "constant" in folded(name)
    for label, text in arguments:
        if text.strip("'\"") == "constant":
            constant = True
        elif label == "value" or (label is None and constant and kept):
            if not re.fullmatch(r"-?0(\.0*)?|None", text):
                return None
        else:
            kept.append((label, sides_of(text)))
    return tuple(kept)


def _of_its_library(
    entry: Mapping[str, str] | None, alike: Sequence[Mapping[str, str]], arguments: Written
) -> Mapping[str, str] | None:
    """Of the entries of several libraries the one that has most of the arguments by their names."""
    labels = [label for label, _ in arguments if label is not None]

    def known(each: Mapping[str, str]) -> int:
        names = [pair.partition("=")[0] for pair in each.get("takes", "").split()]
        return sum(label in names for label in labels)

    best = max(alike, key=known, default=entry)
    return best if entry is None or (best is not None and known(best) > known(entry)) else entry


def known_arguments(kind: str, arguments: Written) -> tuple[Written, Mapping[str, str]]:
    """The arguments of a layer without those that say nothing here, and the names that they have here."""
    kept = tuple((label, text) for label, text in arguments if label is None or label not in table().needless)
    return kept, {label: _parameter(kind, label) or label for label, _ in kept if label is not None}


def _shorter(name: str) -> str:
    """`reluLayer`, `Conv2dSame`: a name without what says only that it is a layer."""
    return _ENDINGS.sub("", name) or name


def _advice(text: str, arguments: Written) -> str:
    """`{0}` and `{shape}` in an advice become the first argument."""
    first = arguments[0][1] if arguments else ""
    if (numbers := re.findall(r"\d+", first)) and first[:1] in ("(", "[") and len(numbers) == 3:  # channels last
        first = "x".join((numbers[2], *numbers[:2]))
    shape = first if re.fullmatch(r"\d+(x\d+)+", first) else "3x224x224"
    return text.replace("{0}", first if first.isdigit() else "1").replace("{shape}", shape)


def _sized(name: str, arguments: Written) -> Meant | None:
    """`Conv3x3(64)`, `3x3Conv(64)`: the kernel is an argument."""
    found = _SIZED.fullmatch(name)
    if found is None:
        return None
    kind = folded(found[1] + found[4])
    kernel = found[2] if found[2] == found[3] else f"{found[2]}x{found[3]}"
    given = [value(text) if label is None else f"{label}={value(text)}" for label, text in arguments]
    if kind in _CONVS:
        at = 0 if _CONVS[kind] == "DWConv" else 1
        if at and not given:
            return Meant(advice=f"the kernel is an argument: `Conv(channels, {kernel})`")
        return Meant(f"{_CONVS[kind]}({', '.join([*given[:at], kernel, *given[at:]])})")
    return Meant(f"{_POOLS[kind]}({', '.join([kernel, *given])})") if kind in _POOLS else None


_LETTERS = {"C": "Conv", "S": "APool", "P": "MPool", "F": "FC"}
"""What LeNet's figure calls its layers: convolutions, subsamplings, fully connected layers."""


def _numbered(name: str, arguments: Written) -> Meant | None:
    """`Conv1(64)`: a layer with its number, which is its name; `C64`: a layer with its width."""
    found = re.fullmatch(r"([A-Za-z]+?)_?(\d+)", name)
    kind = _LETTERS.get(found[1], found[1]) if found is not None else ""
    if found is None:
        return None
    if kind not in table().ours and len(found[2]) == 1:
        ours = next((each for each in table().ours if folded(each) == folded(kind)), "")
        meant = Meant(rewritten(ours, *known_arguments(ours, arguments))) if ours else meaning(found[1], arguments)
        is_one = meant is not None and meant.text and " - " not in meant.text and len(found[1]) > 2
        return Meant(f"{found[1].lower()}{found[2]}: {meant.text}") if meant is not None and is_one else None
    if kind not in table().ours:
        return None
    if kind != found[1] and not arguments and kind in ("Conv", "FC") and len(found[2]) > 1:
        return Meant(f"{kind}({found[2]})")
    if len(found[2]) > 1:
        return None
    plain = [(label, value(text)) for label, text in arguments]
    if kind != found[1] and not arguments and kind in ("Conv", "FC"):
        return Meant(advice=f"write the layer with its width: `{name.lower()}: {kind}(64)`")
    return Meant(f"{found[1].lower()}{found[2]}: {_call(kind, plain)}")


def _filled(form: str, entry: Mapping[str, str], arguments: Written) -> Meant | None:
    """A form with the arguments put in; what to do in words where one is missing."""
    names = entry.get("takes", "").split()
    given = {str(i): value(text) for i, (label, text) in enumerate(arguments) if label is None}
    given |= dict(zip(names, given.values(), strict=False))
    given |= {label: value(text) for label, text in arguments if label is not None}
    counted = sum(label is None for label, _ in arguments)
    if "full" in entry and counted > 1:
        form = entry["full"] if "stride" in given else entry["full"].replace(", {stride}", "")
    elif names and counted > len(names):
        return Meant(advice=f"it is `{_PLACES.sub('channels', form)}`")
    if all(place in given for place in _PLACES.findall(form)):
        text = _PLACES.sub(lambda found: given[found[1]], form)
        if _says_same(arguments):
            text = text.replace(", pad=0", "")
        if activation := next((activation_of(value_) for label, value_ in arguments if label in ACTIVATIONS), ""):
            text += f" - {activation}"
        said = {*names, *ACTIVATIONS, *table().needless, *(("padding",) if _says_same(arguments) else ())}
        lost = next((label for label, _ in arguments if label is not None and label not in said), "")
        return Meant(advice=f"write `{text}`; archc has nothing for `{lost}`") if lost else Meant(text)
    return Meant(advice=entry.get("none") or f"write `{_PLACES.sub('channels', form)}`")


def _translated(entry: Mapping[str, str], arguments: Written, counted: Sequence[object]) -> Meant | None:
    """The counterpart with the arguments under its own names; `counted` are those that tell whose order it is."""
    kind = entry.get("is", "")
    labels = {pair.partition("=")[0] for pair in entry.get("takes", "").split()} - set(table().ours.get(kind, ()))
    said = (
        bool(arguments) and all(label is not None for label, _ in arguments) and any(a[0] in labels for a in arguments)
    )
    foreign = "takes" in entry and (said or len(counted) >= int(entry.get("least", 0)))
    if len(counted) < len(arguments) and not foreign:
        return None
    if not foreign:
        text = rewritten(kind, *known_arguments(kind, arguments))
        return Meant(text, _also(entry, text))
    pairs = [pair.partition("=")[::2] for pair in entry["takes"].split()]
    ours = dict(pairs)
    given: dict[str, str] = {}
    activation = lost = ""
    is_told = False
    for at, (label, text) in enumerate(arguments):
        theirs = label if label is not None else pairs[at][0] if at < len(pairs) else ""
        name = ours.get(theirs, _parameter(kind, theirs))
        if name == "+" or (not name and theirs in ACTIVATIONS and theirs not in ours):
            activation, is_told = activation_of(text), True
        elif name.startswith("1-"):
            given[name[2:]] = f"{1 - float(text):g}" if re.fullmatch(r"0?\.\d+", text) else f"1 - {text}"
        elif name.startswith("?"):
            lost = lost if value(text).strip('"') == name[1:] else theirs
        elif name and (plain := argument(name, text, theirs)) != "":
            given[name] = plain
        elif label is not None and not name and label not in ours and label not in table().needless:
            lost = label
    _settle(entry, kind, given, arguments)
    if kind in _GLOBAL and given.get("size") in ("1", "1x1"):
        return Meant(_GLOBAL[kind])
    terms = [_in_order(kind, given)] if kind else []
    if "behind" in entry:
        norm, _, usual = entry["behind"].partition(" - ")
        terms, activation = [*terms, *([norm] if norm else [])], activation if is_told else usual
    text = " - ".join([*terms, *([activation] if activation else [])]) or "Identity"
    if lost:
        return Meant(advice=f"write `{text}`; archc has nothing for `{lost}`")
    return Meant(text, _also(entry, text))


def _settle(entry: Mapping[str, str], kind: str, given: dict[str, str], arguments: Written) -> None:
    """Add the arguments that a layer has elsewhere without being told, and leave out those that hold here anyway."""
    if _says_same(arguments) and kind in ("MPool", "APool"):
        given["pad"] = _half(given.get("kernel", ""), odd=True)
    for usual in entry.get("usual", "").split():
        name, _, text = usual.partition("=")
        if name not in given and not _says_same(arguments) and given.get("kernel") != "1":
            given[name] = text
    is_same = _says_same(arguments) or (entry.get("padding") == "same" and "pad" not in given)
    if is_same and kind in ("Conv", "DWConv") and given.get("stride", "1") != "1":
        given["pad"] = '"same"'
    if (axis := entry.get("axis", "")) and not (arguments and re.match(r"[\[(].*,.*\d", arguments[0][1])):
        given.setdefault(*axis.split("="))
    is_usual = given.get("pad") == _half(given.get("kernel", "")) and kind in ("Conv", "DWConv")
    if is_usual or given.get("pad") in ("none", ""):
        given.pop("pad", None)
    if given.get("stride") == "none":  # as large as the kernel
        del given["stride"]
    for name, text in table().defaults.get(kind, {}).items():
        if name in given and _plain(given[name]) == _plain(text):
            del given[name]


def _plain(text: str) -> str:
    """A value for comparison: a number in one way of writing."""
    return f"{float(text):g}" if re.fullmatch(r"\d[\d.]*(e-?\d+)?", text) else text


def _also(entry: Mapping[str, str], text: str) -> str:
    """What is to be said beside a counterpart; empty for most."""
    return f"write `{text}`, {entry['also']}" if "also" in entry else ""


def _parameter(kind: str, name: str) -> str:
    """The parameter of a layer that is meant by a name; empty where none is."""
    own = table().ours.get(kind, ())
    return name if name in own else next((n for n in table().arguments.get(name, ()) if n in own), "")


def _says_same(arguments: Written) -> bool:
    return any(text.strip("'\"").lower() == "same" for _, text in arguments)


def _half(kernel: str, *, odd: bool = False) -> str:
    return str((int(kernel) - 1) // 2) if kernel.isdigit() and (int(kernel) % 2 or not odd) else ""


def _in_order(kind: str, given: Mapping[str, str]) -> str:
    """A call whose first arguments stand by position, as far as none is left out, the others by name."""
    order = table().ours[kind]
    count = 0
    while count < min(len(order), 3) and order[count] in given:
        count += 1
    parts = [given[name] for name in order[:count]]
    parts += [f"{name}={given[name]}" for name in order[count:] if name in given]
    return f"{kind}({', '.join(parts)})" if parts else kind


def _call(kind: str, arguments: Sequence[tuple[str | None, str]]) -> str:
    parts = [text if label is None else f"{label}={text}" for label, text in arguments]
    return f"{kind}({', '.join(parts)})" if parts else kind


def _branches(arguments: Written) -> list[str]:
    """The tensors that a call merges: its arguments, or the items of a list that is one."""
    texts = [text.strip() for label, text in arguments if label is None]
    if texts and texts[0][:1] in ("[", "("):
        texts = [part.strip() for part in texts[0][1:-1].split(",") if part.strip()]
    term = r"[A-Za-z_]\w*(?:\([^()]*\))?"
    plain = all(re.fullmatch(rf"[A-Za-z_]\w*(?:\(.*\))?|{term}(?: - {term})*", text) for text in texts)
    return texts if plain and len(texts) > 1 else []


def rewritten(callee: str, arguments: Written, ways: Mapping[str, str]) -> str:
    """A call with its arguments under the names that `ways` has for them, those left out for which it has none.

    A normalisation or activation that is no argument of it becomes a term behind it.
    """
    parts: list[str] = []
    norm = after = ""
    own = dict(enumerate(table().ours.get(callee, ())))
    for at, (label, text) in enumerate(arguments):
        name = ways.get(label, label) if label is not None else None
        if label in _KEPT and re.fullmatch(r"0?\.\d+", text):
            parts.append(f"p={1 - float(text):g}")
        elif label in _NORMS or label in _RELUS:
            added = "" if text.lower() in ("false", "none", "0") else "BN" if label in _NORMS else "ReLU"
            norm, after = (added, after) if label in _NORMS else (norm, added)
            if label == "batch_normalize" and added and "bias" not in {name for name, _ in arguments}:
                parts.append("bias=false")  # Darknet's biases are those of the normalisation
        elif label in ACTIVATIONS and not ways.get(label, ""):
            after = activation_of(text)
        elif name != "" and (plain := argument(name or own.get(at, ""), text, label or "")):
            parts.append(plain if name is None else f"{name}={plain}")
    kernel = next((value(text) for label, text in arguments if ways.get(label or "", label) in (None, "kernel")), "")
    if _says_same(arguments) and callee in ("MPool", "APool") and (pad := _half(kernel, odd=True)) not in ("", "0"):
        parts.append(f"pad={pad}")
    call = f"{callee}({', '.join(parts)})" if parts else callee
    return " - ".join(filter(None, (call, norm, after)))
