"""Each table equals its facts, cell by cell; units at the numbers where they change."""

from __future__ import annotations

import csv
import io
from textwrap import dedent

import pytest

from archc.count import table as forms
from archc.count import tables
from archc.count.conventions import convention, counted, names
from archc.count.counts import count
from archc.count.facts import PARTS, facts
from archc.count.table import Column, Table, amount
from archc.count.totals import totals_of
from tests.support.specs import in_model, network

NET = network("""\
block Pair(n) { Conv(n, bias=false) - BN - ReLU }
model tiny {
  input 3x8x8
  a = stem: Pair(4)
  b = a - body: ([Pair(4) - MPool]x2)
  logits = b - fc: FC(10)
  return logits
  return training logits, a - aux: FC(10)
}
""")
COUNTS = count(NET)
FACTS = facts(NET, COUNTS, PARTS, names())


def headings(table: Table) -> list[str]:
    return [c.name for c in table.columns]


def test_fields() -> None:
    found = tables.fields(FACTS)
    assert headings(found) == ["layer", "op", "output", "depth", "largest", "union", "stride", "offset"]
    rows = {(row[0], row[1]): row[2:] for row in found.rows}
    assert rows["stem.0", "Conv"] == ((4, 8, 8), 1, "3x3", "3x3", "1x1", "-1, -1")
    assert rows["body.2.0", "Conv"] == ((4, 4, 4), 3, "10x10", "10x10", "2x2", "-4, -4")
    assert rows["fc", "FC"] == ((10,), 4, "all", "all", "", "")
    assert [row[3] for row in found.rows] == [f.depth for f in FACTS.fields or ()]
    assert tables.fields(facts(NET, COUNTS)).rows == ()


def test_traffic_and_its_costliest() -> None:
    assert FACTS.traffic is not None
    found = tables.traffic(FACTS)
    assert headings(found) == ["layer", "op", "reads", "of weights", "writes", "FLOPs", "FLOPs a byte"]
    first = found.rows[0]
    assert first == ("stem.0", "Conv", 4 * (192 + 108), 4 * 108, 4 * 256, 2 * 6912, round(2 * 6912 / 2224, 3))
    assert found.total is not None
    for column in (2, 3, 4, 5):
        assert found.total[column] == sum(row[column] for row in found.rows)  # type: ignore[misc]
    assert found.total[6] == FACTS.traffic.intensity == round(found.total[5] / (found.total[2] + found.total[4]), 3)  # type: ignore[operator]
    top = tables.traffic(FACTS, 3)
    moved = sorted((row[2] + row[4] for row in found.rows), reverse=True)  # type: ignore[operator]
    assert [row[2] + row[4] for row in top.rows] == moved[:3] and top.total == found.total  # type: ignore[operator]
    assert not any(row[0] == "aux" for row in found.rows), "what only training uses does not run"
    assert found.share == 2


def test_a_batch_counter_is_eight_bytes_of_traffic() -> None:
    norm = next(row for row in tables.traffic(FACTS).rows if row[1] == "BN")
    assert norm[2:5] == (4 * 256 + 4 * 16 + 8, 4 * 16 + 8, 4 * 256)


def test_peaks_and_what_is_alive() -> None:
    assert FACTS.memory is not None
    memory = FACTS.memory
    assert tables.peaks(memory).rows == (
        ("weights and buffers", memory.weights, ""),
        ("inference", memory.inference.bytes, memory.inference.at),
        ("inference, nothing in place", memory.inference_copying.bytes, memory.inference_copying.at),
        ("kept by autograd", memory.training.saved, ""),
        ("training, forward", memory.training.forward.bytes, memory.training.forward.at),
        ("training, backward", memory.training.backward.bytes, memory.training.backward.at),
    )
    peak = memory.training.forward
    found = tables.alive(peak)
    assert found.rows == tuple((h.layer, h.what, h.bytes) for h in peak.alive)
    assert (
        tables.alive(peak, 2).rows == found.rows[:2] and found.total == ("total", "", peak.bytes) and found.share == 2
    )


def test_training() -> None:
    assert FACTS.training is not None
    found = tables.training(FACTS.training)
    told = {row[0]: row[1:] for row in found.rows}
    work = COUNTS.macs + COUNTS.training_only.macs
    assert told["MACs forward"] == (work, None)
    first = next(row.macs for row in COUNTS.layers)
    assert told["MACs backward"] == (2 * work - first, None), "nothing goes back to the input"
    assert told["MACs of a step"] == (3 * work - first, None)
    assert told["gradients of parameters"] == (COUNTS.params, 4 * COUNTS.params)
    assert told["state of adam"] == (2 * COUNTS.params, 8 * COUNTS.params)
    assert told["weights, gradients, adam"] == (None, 16 * COUNTS.params)
    assert told["state of sgd"] == (0, 0) and told["weights, gradients, sgd"] == (None, 8 * COUNTS.params)


def test_tools_side_by_side() -> None:
    found = tables.side_by_side(FACTS, COUNTS)
    told = FACTS.conventions or ()
    assert headings(found) == ["kind", "archc MACs", *(f"{one.name} {one.unit}" for one in told)]
    assert found.total == ("total", COUNTS.macs, *(one.count for one in told))
    for column, one in enumerate(told, 2):
        assert sum(row[column] for row in found.rows) == one.count  # type: ignore[misc]
    assert all(any(row[1:]) for row in found.rows) and "Flatten" not in [row[0] for row in found.rows]
    torch = headings(found).index("torch FLOPs")
    conv = next(row for row in found.rows if row[0] == "Conv")
    assert conv[torch] == 2 * conv[1]  # type: ignore[operator]


def test_what_a_tool_s_number_is_made_of() -> None:
    (one,) = counted(NET, [convention("ptflops")])
    found = tables.parts(one)
    assert headings(found) == ["kind", "call", "rule", "calls", "MACs"]
    assert found.rows == tuple((p.op, p.call, p.rule, p.calls, p.count) for p in one.parts)
    assert found.total == ("total", "", "", sum(p.calls for p in one.parts), one.count) and found.share == 4
    conv = next(p for p in one.parts if p.op == "Conv")
    assert (conv.calls, conv.rule, conv.count) == (3, "macs + bias", COUNTS.macs - 160)


def test_kinds_and_their_costliest() -> None:
    found = tables.by_kind(COUNTS)
    assert headings(found) == [
        "kind", "layers", "params", "buffers", "MACs", "element-wise", "FLOPs", "activations",
    ]  # fmt: skip
    flops = {row[0]: row[6] for row in found.rows}
    assert [row[0] for row in tables.by_kind(COUNTS, 2).rows] == sorted(flops, key=lambda k: -flops[k])[:2]  # type: ignore[operator]
    for row in found.rows:
        assert row[6] == 2 * row[4] + row[5]  # type: ignore[operator]
    assert found.share == 6 and tables.layers(COUNTS).share == 5 and tables.scopes(COUNTS).share == 5


@pytest.mark.parametrize("by", ["layer", "scope", "kind"])
def test_the_table_that_is_asked_for(by: tables.By) -> None:
    by_name: dict[str, Table] = {
        "layer": tables.layers(COUNTS),
        "scope": tables.scopes(COUNTS),
        "kind": tables.by_kind(COUNTS),
    }
    full = by_name[by]
    assert tables.counted(COUNTS, by) == full
    assert len(tables.counted(COUNTS, by, top=2).rows) == 2
    assert tables.table(COUNTS, by) == forms.as_text(full) + (
        "* in training only: its work is not in the total\n" if by == "layer" else ""
    )
    rows = list(csv.reader(io.StringIO(tables.as_csv([COUNTS], by))))
    assert len(rows) == 1 + {"layer": len(COUNTS.layers), "scope": len(COUNTS.scopes), "kind": len(full.rows)}[by]
    assert {len(row) for row in rows} == {len(rows[0])} and {row[0] for row in rows[1:]} == {"tiny"}


def test_csv_of_layers_tells_each_field() -> None:
    rows = list(csv.DictReader(io.StringIO(tables.as_csv([COUNTS]))))
    assert len(rows[0]) == 16
    for told, row in zip(rows, COUNTS.layers, strict=True):
        assert told["training_only"] == ("true" if row.training_only else "false")
        assert told["implicit"] == ("true" if row.implicit else "false")
        assert told["connections"] == ("" if row.connections is None else str(row.connections))
        assert (told["path"], told["scope"], told["macs"]) == (row.path, row.scope, str(row.macs))


def test_modules_are_indented_by_depth() -> None:
    net = network("block In(n) { c: Conv(n) }\nblock Out(n) { [In(n)]x2 }\n" + in_model("o: Out(4) - p: Out(4)"))
    found = tables.scopes(count(net))
    assert [row[0] for row in found.rows] == ["o", "  o.0", "  o.1", "p", "  p.0", "  p.1"]
    assert [row[0] for row in tables.scopes(count(net), top=2).rows] == ["p", "o"]
    assert [row[0] for row in tables.scopes(count(net), depth=1).rows] == ["o", "p"]


def test_a_summary_tells_what_is_frozen_and_what_paths_see() -> None:
    frozen = network(in_model("a: Conv(4) - fc: FC(2)") + "variant v = m { freeze a }\n", member="v")
    counts = count(frozen)
    text = tables.summary(counts, facts(frozen, counts))
    assert f"{counts.trainable:,} trainable, {counts.params - counts.trainable:,} frozen" in text
    assert "  receptive field      3x3  of the last feature map, stride 1x1\n" in text
    assert "trainable" not in tables.summary(COUNTS)
    whole = network(in_model("Conv(4) - mul { in | GAPool - Conv(4, 1) }"))
    counts = count(whole)
    assert "; a path sees the whole image" in tables.summary(counts, facts(whole, counts))
    apart = network(in_model("add { Conv(3, 3, 2) | MPool(3, 2, ceil=true) }"))
    counts = count(apart)
    assert "3x3  of the last feature map, stride 2x2; the union of its paths is 4x4\n" in tables.summary(
        counts, facts(apart, counts)
    )
    vector = network("model m {\n  input 8\n  FC(3)\n}\n")
    counts = count(vector)
    assert "receptive" not in tables.summary(counts, facts(vector, counts))


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (0, "number", "0"),
        (999, "number", "999"),
        (1_000, "number", "1.00 K"),
        (9_990, "number", "9.99 K"),
        (9_999, "number", "10.00 K"),
        (10_000, "number", "10.0 K"),
        (99_900, "number", "99.9 K"),
        (100_000, "number", "100 K"),
        (999_999, "number", "1,000 K"),
        (10**6, "number", "1.00 M"),
        (10**9, "number", "1.00 G"),
        (10**12, "number", "1.00 T"),
        (-2_500, "number", "-2.50 K"),
        (1_023, "bytes", "1,023"),
        (1_024, "bytes", "1.00 KiB"),
        (2**20, "bytes", "1.00 MiB"),
        (3 * 2**29, "bytes", "1.50 GiB"),
        (12_345, "count", "12,345"),
    ],
)
def test_units_at_their_edges(number: int, kind: forms.Kind, text: str) -> None:
    assert amount(number, "auto", kind) == text
    assert amount(number, "exact", kind) == f"{number:,}"


@pytest.mark.parametrize(
    ("unit", "number", "numbers", "size"),
    [("K", 2_048, "2.05 K", "2.00 KiB"), ("M", 2**21, "2.10 M", "2.00 MiB"), ("G", 2**31, "2.15 G", "2.00 GiB")],
)  # fmt: skip
def test_a_unit_of_one_s_own(unit: forms.Unit, number: int, numbers: str, size: str) -> None:
    assert amount(number, unit) == numbers and amount(number, unit, "bytes") == size


EVERYTHING = Table(
    (
        Column("name", "text"),
        Column("n"),
        Column("size", "text"),
        Column("of", "count"),
        Column("b", "bytes"),
        Column("r", "ratio"),
    ),
    (("a|b", 1_500, (3, 8, 8), 1_500, 2_048, 0.125), ("", None, None, 0, None, 0.0), ("c", 0, (1, 2), 7, 0, 1_234.5)),
    ("total", 1_500, "", 1_507, 2_048, None),
    share=1,
)


def test_cells_of_each_kind() -> None:
    assert forms.as_text(EVERYTHING, "auto") == dedent("""\
        name        n  size      of         b         r
        -----  ------  -----  -----  --------  --------
        a|b    1.50 K  3x8x8  1,500  2.00 KiB      0.12
                    .             .         .         .
        c           .  1x2        7         .  1,234.50
        -----  ------  -----  -----  --------  --------
        total  1.50 K         1,507  2.00 KiB         .
        """)
    assert forms.as_markdown(EVERYTHING) == dedent("""\
        | name | n | size | of | b | r |
        |---|---:|---|---:|---:|---:|
        | a\\|b | 1,500 | 3x8x8 | 1,500 | 2,048 | 0.12 |
        |  | . |  | . | . | . |
        | c | . | 1x2 | 7 | . | 1,234.50 |
        | **total** | **1,500** |  | **1,507** | **2,048** | . |
        """)
    assert forms.as_csv([("net", EVERYTHING)]) == dedent("""\
        network,name,n,size,of,b,r
        net,a|b,1500,3x8x8,1500,2048,0.125
        net,,,,0,,0.0
        net,c,0,1x2,7,0,1234.5
        """)


def test_shapes_as_the_language_writes_them() -> None:
    assert (
        forms.shape((64, 56, 56)) == "64x56x56" and forms.shape((1.5, 2.0, 3)) == "1.5x2x3" and forms.shape((7,)) == "7"
    )


def test_bars_are_eighths() -> None:
    parts = [0, 1, 10, 16, 50, 125, 500, 1_000, None]
    table = Table((Column("n"),), tuple((p,) for p in parts), (1_000,), share=0)
    lines = forms.as_text(table, bars=True).splitlines()
    assert lines[3] == "    1    0.1 %" and lines[6] == "   50    5.0 %  ▌" and lines[7] == "  125   12.5 %  █▎"
    assert lines[2] == "    ." and lines[4] == "   10    1.0 %  ▏" and lines[9] == "1,000  100.0 %  ██████████"
    whole = Table((Column("n"),), ((3,),), (0,), share=0)
    assert "%" not in forms.as_text(whole, bars=True)


def test_totals_are_those_of_counts() -> None:
    found = totals_of(COUNTS)
    assert found._asdict() == {name: getattr(COUNTS, name) for name in found._fields}
