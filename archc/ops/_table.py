"""A convolution with a connection table: each output channel reads only the input channels that its row lists.

Neighbouring rows of the same length are computed together, as one grouped convolution; `runs` says which.
Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B and table I.
"""

from __future__ import annotations

from itertools import groupby

from archc.network.cost import Factor, Formula
from archc.network.cost import window as windowed
from archc.network.op import Weight
from archc.problems.shapes import BadTable

Rows = tuple[tuple[int, ...], ...]


def table_problem(rows: Rows, inputs: int, outputs: int) -> BadTable | None:
    """What is wrong with a table, if anything."""
    if len(rows) != outputs:
        return BadTable(why=f"it has {len(rows)} rows, and there are {outputs} output channels")
    worst = max(max(row) for row in rows)
    if worst >= inputs:
        return BadTable(why=f"it names channel {worst}, and {inputs} channels come in")
    return None


def runs(rows: Rows) -> tuple[tuple[int, int], ...]:
    """Neighbouring rows of equal length: (length, number of rows) for each run."""
    return tuple((length, len(list(group))) for length, group in groupby(rows, len))


def table_weights(rows: Rows, kernel: tuple[int, int], bias: bool) -> dict[str, Weight]:
    """The state dict of `TableConv2d`."""
    weights: dict[str, Weight] = {}
    for i, (length, count) in enumerate(runs(rows)):
        axes = (f"N_{i + 1}", f"M_{i + 1}", *(symbol for symbol, _ in windowed(kernel)))
        weights[f"convs.{i}.weight"] = Weight((count, length, *kernel), axes=axes)
        if bias:
            weights[f"convs.{i}.bias"] = Weight((count,), axes=(f"N_{i + 1}",))
    return weights


def table_uses(rows: Rows, window: tuple[Factor, ...], map_: tuple[Factor, ...]) -> Formula:
    """Every use of a weight: the connections of the table, each a kernel, at each place of the map."""
    return Formula.of(*window, ("T", sum(map(len, rows))), *map_)


DEFINITION = '''\
class TableConv2d(nn.Module):
    """A convolution whose output channels each read the input channels of their row.

    `table` has a row for each output channel. Neighbouring rows of the same length are
    computed together, as one grouped convolution.
    Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B and table I.
    """

    def __init__(
        self,
        table: list[list[int]],
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        runs: list[list[list[int]]] = []
        for row in table:
            if runs and len(runs[-1][0]) == len(row):
                runs[-1].append(row)
            else:
                runs.append([row])
        self.sizes = [len(run) * len(run[0]) for run in runs]
        self.convs = nn.ModuleList(
            nn.Conv2d(
                len(run) * len(run[0]),
                len(run),
                kernel_size,
                stride,
                padding,
                dilation,
                groups=len(run),
                bias=bias,
            )
            for run in runs
        )
        index = torch.tensor([i for row in table for i in row])
        self.index: torch.Tensor
        self.register_buffer("index", index, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = torch.split(x.index_select(1, self.index), self.sizes, 1)
        outputs: list[torch.Tensor] = []
        for i, conv in enumerate(self.convs):
            outputs.append(conv(parts[i]))
        return torch.cat(outputs, 1)
'''
