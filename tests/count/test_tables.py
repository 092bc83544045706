"""Counts as text."""

from __future__ import annotations

import csv
import io
from textwrap import dedent

from archc.count import table as forms
from archc.count.counts import count
from archc.count.facts import facts
from archc.count.formulas import as_text, derivations
from archc.count.table import Column, Table, amount
from archc.count.tables import as_csv, by_kind, layers, scopes, summary, table
from tests.support.specs import network

NET = network("""\
block Pair(n) { Conv(n, bias=false) - BN }
model tiny {
  input 3x8x8
  a = stem: Pair(4)
  b = a - [Pair(4) - MPool]x2
  logits = b - fc: FC(10)
  return logits
  return training logits, a - aux: FC(10)
}
""")
COUNTS = count(NET)


def test_summary() -> None:
    assert summary(COUNTS, facts(NET, COUNTS)) == dedent("""\
        tiny: 3x8x8 -> 10
          parameters        3,160
          buffers              27  the rest of the state dict
          MACs             18,592  multiply-accumulates of convolutions and matrix products
          FLOPs            38,666  2 x MACs + 1,482 element-wise operations
          activations       1,258  numbers in the outputs of all layers
          connections      18,602  uses of a weight, biases included
          in training      21,152  MACs, with 2,560 of layers that only it uses
          depth                 4  layers with weights on the longest path
          receptive field   12x12  of the last feature map, stride 4x4
        """)


def test_table_by_layer() -> None:
    """The layers of the auxiliary head are marked, and the total is that of inference."""
    assert table(COUNTS) == dedent("""\
        layer    op         output  params  buffers    MACs  element-wise
        -------  ---------  ------  ------  -------  ------  ------------
        stem.0   Conv       4x8x8      108        .   6,912             .
        stem.1   BN         4x8x8        8        9       .           512
        pair2.0  Conv       4x8x8      144        .   9,216             .
        pair2.1  BN         4x8x8        8        9       .           512
                 MPool      4x4x4        .        .       .           256
        pair3.0  Conv       4x4x4      144        .   2,304             .
        pair3.1  BN         4x4x4        8        9       .           128
                 MPool      4x2x2        .        .       .            64
                 Flatten    16           .        .       .             .
        fc       FC         10         170        .     160            10
                 Flatten *  256          .        .       .             .
        aux      FC *       10       2,570        .   2,560            10
        -------  ---------  ------  ------  -------  ------  ------------
        total               10       3,160       27  18,592         1,482
        * in training only: its work is not in the total
        """)


def test_table_by_module() -> None:
    assert table(COUNTS, "scope") == dedent("""\
        module  of    layers  params  buffers    MACs  element-wise
        ------  ----  ------  ------  -------  ------  ------------
        stem    Pair       2     116        9   6,912           512
        pair2   Pair       2     152        9   9,216           512
        pair3   Pair       2     152        9   2,304           128
        ------  ----  ------  ------  -------  ------  ------------
        total   tiny      12   3,160       27  18,592         1,482
        """)


def test_formulas() -> None:
    """A line for each number, with values substituted."""
    assert as_text(derivations(NET, ("macs", "elementwise"))) == dedent("""\
        stem.0   Conv   MACs          D_K·D_K·M·N·D_F·D_F = 3·3·3·4·8·8 = 6,912
        stem.1   BN     element-wise  2·N·D_F·D_F = 2·4·8·8 = 512
        pair2.0  Conv   MACs          D_K·D_K·M·N·D_F·D_F = 3·3·4·4·8·8 = 9,216
        pair2.1  BN     element-wise  2·N·D_F·D_F = 2·4·8·8 = 512
                 MPool  element-wise  D_K·D_K·N·D_F·D_F = 2·2·4·4·4 = 256
        pair3.0  Conv   MACs          D_K·D_K·M·N·D_F·D_F = 3·3·4·4·4·4 = 2,304
        pair3.1  BN     element-wise  2·N·D_F·D_F = 2·4·4·4 = 128
                 MPool  element-wise  D_K·D_K·N·D_F·D_F = 2·2·4·2·2 = 64
        fc       FC     MACs          M·N = 16·10 = 160
        fc       FC     element-wise  N = 10
        aux      FC     MACs          M·N = 256·10 = 2,560
        aux      FC     element-wise  N = 10
        """)


def test_nothing_is_said_of_training_where_it_is_the_same() -> None:
    plain = count(network("model m {\n  input 3x8x8\n  Conv(4)\n}\n"))
    assert "training" not in summary(plain) + table(plain)


def test_csv_has_all_layers_of_all_networks() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv([COUNTS, COUNTS]))))
    assert len(rows) == 2 * len(COUNTS.layers)
    assert sum(int(row["params"]) for row in rows) == 2 * COUNTS.params
    assert rows[0]["network"] == "tiny" and rows[0]["output"] == "4x8x8"
    scopes = list(csv.DictReader(io.StringIO(as_csv([COUNTS], "scope"))))
    assert [row["macs"] for row in scopes] == [str(scope.macs) for scope in COUNTS.scopes]


def test_the_costliest_layers_come_first_and_equal_ones_in_order() -> None:
    assert [row[0] for row in layers(COUNTS, 3).rows] == ["pair2.0", "stem.0", "aux"]
    assert [row[0] for row in scopes(COUNTS, top=1).rows] == ["pair2"]
    assert layers(COUNTS, 3).total == layers(COUNTS).total


def test_modules_to_a_depth() -> None:
    blocks = "block In(n) { c: Conv(n) }\nblock Out(n) { [In(n)]x2 }\n"
    net = network(blocks + "model m {\n  input 3x8x8\n  Out(4) - Out(4)\n}\n")
    counts = count(net)
    assert [row[0] for row in scopes(counts, depth=1).rows] == ["0", "1"]
    assert len(scopes(counts).rows) == 6
    assert scopes(counts, depth=1).total == scopes(counts).total


def test_kinds_add_up() -> None:
    found = by_kind(COUNTS)
    assert [row[0] for row in found.rows] == ["Conv", "BN", "MPool", "Flatten", "FC"]
    assert found.total is not None
    for column in range(1, len(found.columns)):
        assert sum(row[column] for row in found.rows) == found.total[column]  # type: ignore[misc]  # all are numbers


SHARES = Table((Column("name", "text"), Column("n")), (("a", 3), ("b|c", 1_000), ("d", 0)), ("all", 1_003), share=1)


def test_bars_are_for_terminals() -> None:
    assert "%" not in forms.as_text(SHARES)
    assert forms.as_text(SHARES, bars=True) == dedent("""\
        name      n
        ----  -----
        a         3    0.3 %
        b|c   1,000   99.7 %  ██████████
        d         .
        ----  -----
        all   1,003
        """)


def test_markdown() -> None:
    assert forms.as_markdown(SHARES) == dedent("""\
        | name | n |
        |---|---:|
        | a | 3 |
        | b\\|c | 1,000 |
        | d | . |
        | **all** | **1,003** |
        """)


def test_units() -> None:
    assert [amount(n, "auto") for n in (7, 1_000, 12_345, 4_089_184_256)] == ["7", "1.00 K", "12.3 K", "4.09 G"]
    assert amount(4_089_184_256, "M") == "4,089 M"
    assert amount(2**20 * 3, "auto", "bytes") == "3.00 MiB"
    assert amount(2**30, "M", "bytes") == "1,024 MiB"
    assert amount(12_345, "auto", "count") == "12,345"
