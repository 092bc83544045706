"""Counts as text."""

from __future__ import annotations

import csv
import io
from textwrap import dedent

from archc.count.counts import count
from archc.count.tables import as_csv, formulas, summary, table
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
    assert summary(COUNTS) == dedent("""\
        tiny: 3x8x8 -> 10
          parameters   3,160
          buffers         27  the rest of the state dict
          MACs        18,592  multiply-accumulates of convolutions and matrix products
          FLOPs       38,666  2 x MACs + 1,482 element-wise operations
          activations  1,258  numbers in the outputs of all layers
          in training 21,152  MACs, with 2,560 of layers that only it uses
        """)


def test_table_by_layer() -> None:
    """The layers of the auxiliary head are marked, and the total is inference's."""
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
    """A line for each number, with the numbers put in."""
    assert formulas(COUNTS) == dedent("""\
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
