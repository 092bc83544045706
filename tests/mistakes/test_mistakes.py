"""Messages for people's mistakes; no safe fix gives another network than was meant."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import pytest

from archc.analysis.repair.fix import fixed
from archc.analysis.repair.search import with_repairs
from archc.diagnostics.core import Diagnostic, Reporter
from archc.diagnostics.source import Source
from archc.diagnostics.words.near import nearest
from archc.diagnostics.words.table import folded, table
from archc.diagnostics.words.unknown import unknown_term
from archc.ops import registry
from archc.pipeline import check
from archc.syntax.parser import parse
from archc.syntax.scan import scan
from archc.syntax.tables import tables
from tests.corpus.mutate import case as broken
from tests.corpus.mutate import target
from tests.mistakes.cases import FILES, Case, cases
from tests.mistakes.measure import QUESTIONS, clean, outcome, plain, scored
from tests.mistakes.shipped import definitions
from tests.support.specs import SPECS, in_model, load

CASES = [case for file in FILES for case in cases(file)]
LEAST = {"place": 2.6, "cause": 2.6, "help": 2.4, "noise": 2.7}


@pytest.mark.parametrize("file", FILES)
def test_what_is_said(file: str) -> None:
    found = [scored(case) for case in cases(file)]
    means = {q: sum(s.marks[q] for s in found) / len(found) for q in QUESTIONS}
    assert all(means[q] >= LEAST[q] for q in QUESTIONS), means


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_meant_is_sound(case: Case) -> None:
    if case.meant is not None and case.name not in (
        "k06_channels_last",
        "s50_inputchannels",
        "s07_fact_typos",
    ):  # with more mistakes
        result = check(Source("meant.arch", case.meant), load)
        assert clean(result) and result.networks


@cache
def outcomes(unsafe: bool) -> list[tuple[str, str]]:
    return [(case.name, outcome(case, unsafe=unsafe)) for case in CASES]


def test_no_safe_fix_gives_another_network() -> None:
    assert [name for name, what in outcomes(False) if what == "other"] == []
    assert sum(what == "meant" for _, what in outcomes(False)) >= 20


def test_nine_of_ten_unsafe_fixes_give_what_was_meant() -> None:
    found = [what for _, what in outcomes(True)]
    assert found.count("meant") >= 120
    assert found.count("meant") / (found.count("meant") + found.count("other")) >= 0.9


@pytest.mark.parametrize("number", range(24))
def test_no_safe_fix_of_the_corpus_gives_another_network(number: int) -> None:
    made = broken(16, number)
    source = Source(f"{made.family}.arch", made.text)
    after = check(Source(source.name, fixed(source, load)), load)
    sound = target(made.member).network
    if clean(after):
        assert plain(after.networks[sound.name]) == plain(sound)


def test_every_statement_that_cannot_be_read_has_a_way_out() -> None:
    """Tokens of shipped specs are left out, doubled and exchanged: every syntax error says what to do."""
    seed = 20261128
    random = Random(seed)
    texts = [file.read_text(encoding="utf-8") for file in sorted(SPECS.glob("*.arch"))]
    silent = set()
    for _ in range(120):
        text = random.choice(texts)
        tokens = [t.span for t in scan(Source("x", text), tables()) if t.type != "NEWLINE"]
        one, other = random.sample(tokens, 2)
        word = text[other.start : other.end]
        changed = (
            text[: one.start] + random.choice(("", word, f"{word} ", text[one.start : one.end] * 2)) + text[one.end :]
        )
        reporter = Reporter()
        parse(Source("x.arch", changed), reporter)
        silent |= {d.problem.message() for d in reporter.diagnostics if d.code == "E0001" and not d.help}
    assert not silent, (seed, silent)


# -- what a fix must not do, and what a message must show -------------------------------------------------------------


def said(text: str) -> Diagnostic:
    """The only diagnostic of a spec, with its repairs."""
    source = Source("x.arch", text)
    (found,) = with_repairs(check(source, load), source, load).diagnostics
    return found


@pytest.mark.parametrize(
    "chain",
    [
        "Conv(64, output_padding=1) - FC(10)",
        "Conv(64) - ReLU(max_value=4) - FC(10)",
        'Conv2D(64, 3, padding="same", unheard_of=3) - FC(10)',
        'SeparableConv2D(64, 3, padding="same", depth_multiplier=2) - FC(10)',
    ],
)
def test_what_an_argument_says_is_not_dropped(chain: str) -> None:
    source = Source("x.arch", in_model(chain))
    assert fixed(source, load, unsafe=True) == source.text


@pytest.mark.parametrize(
    "chain", ["Conv(30) - Conv(64, groups=4) - FC(10)", "a, b, c = Conv(32) - Chunk(3)\n  add { a | b | c } - FC(10)"]
)
def test_no_number_is_suggested_without_evidence(chain: str) -> None:
    found = said(in_model(chain))
    assert not found.repairs and not found.edits and found.help


@pytest.mark.parametrize("chain", ["Conv(64, bn=True, relu=True)", "Conv(64, norm_layer=BN, activation=relu)"])
def test_arguments_that_are_layers_become_layers(chain: str) -> None:
    assert "`Conv(64) - BN - ReLU`" in said(in_model(f"{chain} - GAPool - FC(10)")).help


def test_a_layer_of_a_macro_is_shown_with_its_call() -> None:
    text = "macro Down(c) = Conv(c, 3, 2) - ReLU\n" + in_model("Conv(16) - add { Down(16) | in } - FC(10)")
    labels = {text[label.span.start : label.span.end]: label.text for label in said(text).labels}
    assert labels["Down(16)"] == "it stands in `Down(16)`" and labels["Conv(c, 3, 2)"].endswith("becomes 16x16 here")


@pytest.mark.parametrize(("side", "would"), [(250, "240 or 256"), (100, "96 or 112"), (16, ""), (9, "16")])
def test_the_sizes_of_the_input_that_would_do(side: int, would: str) -> None:
    chain = f"{'MPool - ' * 4}Upsample(16)"
    text = in_model(f"a = Conv(8)\n  b = a - {chain}\n  concat {{ a | b }} - Conv(2, 1)", f"3x{side}x{side}")
    source = Source("x.arch", text)
    told = [d for d in check(source, load).diagnostics if d.code == "E0306"]
    assert [f"an input of {would} would do" in d.help for d in told] == ([True] if would and side > 15 else [])


def test_what_was_passed_to_a_shipped_spec_comes_first() -> None:
    use = 'from "resnet.arch" use ResNet, BasicBlock\nvariant r = ResNet('
    for passed, marked, meant in (
        ("BasicBlock, 2, 2, 2, 2", "2", "[2, 2, 2, 2]"),
        ("[2, 2, 2, 2], BasicBlock", "[2, 2, 2, 2], BasicBlock", "BasicBlock, [2, 2, 2, 2]"),
        ('"BasicBlock", [2, 2, 2, 2]', '"BasicBlock"', "BasicBlock"),
        ('BasicBlock, [2, 2, "2", 2]', '"2"', "2"),
    ):
        text = f"{use}{passed})\n"
        found = said(text)
        assert text[found.span.start : found.span.end] == marked and f"`{meant}`" in found.help


# -- the table of words -----------------------------------------------------------------------------------------------


def test_counterparts_are_layers() -> None:
    for name, parameters in table().ours.items():
        fields = registry()[name].model_fields
        assert tuple(fields)[: len(parameters)] == parameters, name
        for parameter, text in table().defaults[name].items():
            assert described(fields[parameter].default) == text, (name, parameter)
    for name, entry in table().terms.items():
        assert entry.keys() & {"is", "write", "none", "merge", "sign", "mean"} or entry["takes"].endswith("=+"), name
        kind = entry.get("is")
        assert kind is None or kind in table().ours, name
        assert "none" not in entry or name not in {folded(kind) for kind in registry() if kind != "Input"}, name
        for pair in entry.get("takes", "").split() if kind else ():
            ours = pair.partition("=")[2].removeprefix("1-")
            assert ours in ("", "+") or ours.startswith("?") or ours in table().ours[str(kind)], (name, pair)
    assert set(table().activations.values()) <= {"", *registry()}


def described(default: object) -> str:
    """A default as a spec writes it."""
    if isinstance(default, tuple):
        return described(default[0]) if len(set(default)) == 1 else repr(default)
    return f'"{default}"' if isinstance(default, str) else str(default).lower()


def test_shipped_definitions_are_known() -> None:
    stale = "run `python -m tests.mistakes.shipped`"
    written = (Path(__file__).parents[2] / "archc/diagnostics/words/shipped.txt").read_text(encoding="utf-8")
    assert written == definitions(), stale


def test_near_is_one_or_two_slips() -> None:
    known = ("Conv", "ReLU", "GELU", "BN", "LN", "MPool", "resnet50")
    found = {
        word: nearest(word, known)
        for word in ("Covn", "relu", "Rleu", "CN", "Pool2", "resnet51", "resnte50", "Conv64", "bn")
    }
    assert found == {
        "Covn": "Conv", "relu": "ReLU", "Rleu": "ReLU", "CN": "", "Pool2": "", "resnet51": "", "resnte50": "resnet50",
        "Conv64": "", "bn": "BN",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["Maxout", "Hardtanh", "Embedding", "Fold", "MaxUnpool2d", "LSTM", "Cropping2D"])
def test_what_has_no_counterpart_is_like_nothing_else(name: str) -> None:
    problem = unknown_term(name, ((None, "64"),), registry())
    assert problem.nearest == problem.instead == "" and problem.advice


def test_a_model_is_no_layer() -> None:
    text = "model Convs {\n  input 3x8x8\n  Conv(8)\n}\nmodel m {\n  input 3x8x8\n  Convs2(8)\n}\n"
    (found,) = check(Source("x.arch", text), load).diagnostics
    assert found.code == "E0101" and "Convs`" not in found.help
