"""Published numbers in more detail than the totals that specs `expect`: by layer, or by a paper's formula.

All are in the project's list of published figures, computed by hand there, never taken from this compiler.
"""

from __future__ import annotations

import pytest

from archc.count.counts import Counts, count
from tests.support.shipped import FAMILIES, family, networks


def counts(name: str) -> Counts:
    return count(networks()[name])


def of_layers(name: str, field: str, *paths: str) -> tuple[int, ...]:
    rows = {row.path: getattr(row, field) for row in counts(name).layers if row.path}
    return tuple(rows[path] for path in paths)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_expectation_of_every_spec_holds(name: str) -> None:
    """Checking a spec compares its `expect` lines with the counts; each family has some."""
    assert family(name)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_network_says_which_paper_it_is_from_and_where_its_accuracy_was_published(name: str) -> None:
    for network in family(name).values():
        assert isinstance(network.fact("paper"), str)
        top1, source = network.fact("top1"), network.fact("top1_source")
        assert (top1 is None) == (source is None)
        assert top1 is None or (isinstance(top1, float | int) and 40 < top1 < 100)


def test_lenet5_layer_by_layer() -> None:
    """LeCun et al. 1998, section II.B: trainable parameters and connections of each layer."""
    names = ("c1", "s2", "c3", "s4", "c5", "f6", "output")
    assert of_layers("lenet5_1998", "params", *names) == (156, 12, 1_516, 32, 48_120, 10_164, 0)
    assert of_layers("lenet5_1998", "connections", *names) == (122_304, 5_880, 151_600, 2_000, 48_120, 10_164, 840)
    assert of_layers("lenet5_1998", "macs", *names) == (117_600, 0, 150_000, 0, 48_000, 10_080, 0)
    assert counts("lenet5_1998").connections == 340_908
    assert counts("lenet5_1998").trainable == 60_000


def test_alexnet_layer_by_layer() -> None:
    names = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
    assert of_layers("alexnet_2012", "params", *names) == (
        34_944, 307_456, 885_120, 663_936, 442_624, 37_752_832, 16_781_312, 4_097_000
    )  # fmt: skip
    assert of_layers("alexnet_2012", "macs", *names) == (
        105_415_200, 223_948_800, 149_520_384, 112_140_288, 74_760_192, 37_748_736, 16_777_216, 4_096_000
    )  # fmt: skip


def test_lenet5_of_tutorials_reads_all_maps() -> None:
    assert of_layers("lenet5_modern", "params", "c3", "output") == (2_416, 850)


def test_lenet5_multiplies_each_sum_once() -> None:
    """Subsampling adds one product per output to the multiply-accumulates of the totals."""
    assert sum(row.activations for row in counts("lenet5_1998").layers if row.op == "Subsample") == 1_576


def test_alexnet_has_650_000_neurons() -> None:
    """Figure 2's list with 55x55x96 as its first entry, where the paper prints 55x48x96."""
    neurons = [row.activations for row in counts("alexnet_2012").layers if row.op in ("Conv", "FC")]
    assert neurons == [290_400, 186_624, 64_896, 64_896, 43_264, 4_096, 4_096, 1_000]
    assert sum(neurons) == 659_272


def test_mobilenet_v2_without_the_affine_terms_of_batch_normalisation() -> None:
    """The authors' README leaves them out: 3.47 million."""
    found = counts("mobilenet_v2")
    affine = sum(row.params for row in found.layers if row.op == "BN")
    assert (affine, found.params - affine) == (34_112, 3_470_760)


def test_running_statistics_of_resnet50() -> None:
    """SENet's table 10 also counts a mean and a variance for each normalised channel."""
    found = counts("resnet50")
    assert found.buffers - sum(1 for row in found.layers if row.op == "BN") == 53_120


@pytest.mark.parametrize(
    ("name", "macs"),
    [
        ("vgg11", 7_485_456_384),
        ("vgg11_lrn", 7_485_456_384),
        ("vgg13", 11_184_832_512),
        ("vgg16_c", 11_647_254_528),
        ("vgg16", 15_346_630_656),
        ("vgg19", 19_508_428_800),
    ],
)
def test_vgg_convolutions_alone(name: str, macs: int) -> None:
    assert sum(row.macs for row in counts(name).layers if row.op == "Conv") == macs


def test_googlenet_table_1() -> None:
    """Szegedy et al. 2014, table 1: weights (without biases) and multiply-adds of each block."""
    expected = {
        "conv1": (9_408, None), "conv2": (114_688 - 110_592, None), "conv3": (110_592, None),
        "inception3a": (163_328, 128_000_000), "inception3b": (388_096, 304_300_000),
        "inception4a": (375_552, 73_600_000), "inception4b": (448_512, 87_900_000),
        "inception4c": (509_440, 99_900_000), "inception4d": (604_672, 118_500_000),
        "inception4e": (867_328, 170_000_000), "inception5a": (1_042_432, 51_100_000),
        "inception5b": (1_442_816, 70_700_000),
    }  # fmt: skip
    found = counts("googlenet_2014")
    assert [row.macs for row in found.layers if row.op == "FC" and not row.training_only] == [1_024_000]
    for path, (weights, macs) in expected.items():
        rows = [row for row in found.layers if row.path.startswith(f"{path}.")]
        assert sum(row.params - row.output[0] for row in rows if row.op == "Conv") == weights
        assert macs is None or sum(row.macs for row in rows) == pytest.approx(macs, abs=50_000)


def test_googlenet_auxiliary_heads() -> None:
    scopes = {scope.path: scope.params for scope in counts("googlenet_2014").scopes}
    assert (scopes["aux1"], scopes["aux2"]) == (3_188_840, 3_190_888)


@pytest.mark.parametrize("depth", [50, 101, 152])
def test_the_stride_on_the_3x3_costs_the_same_at_every_depth(depth: int) -> None:
    assert counts(f"resnet{depth}").macs - counts(f"resnet{depth}_v1").macs == 231_211_008


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("dpn68", 12_676_718),
        ("dpn92", 37_793_608),
        ("dpn98", 61_735_624),
        ("dpn107", 87_131_624),
        ("dpn131", 79_477_864),
    ],
)
def test_dpn_with_running_statistics(name: str, total: int) -> None:
    """Table 1 also counts the statistics of batch normalisation, but not its batch counters."""
    found = counts(name)
    counters = sum(1 for row in found.layers if row.op == "BN")
    assert found.params + found.buffers - counters == total


GATED = {
    "seresnet50": ("resnet50", "se", 16, True),
    "seresnext50_32x4d": ("resnext50_32x4d", "se", 16, True),
    "se_googlenet": ("googlenet_pretrained", "se", 16, True),
    "se_mobilenet_v1": ("mobilenet_v1_100_224", "se", 16, True),
    "se_resnet50_r2": ("resnet50_v1", "se.se", 2, False),
    "se_resnet50_r32": ("resnet50_v1", "se.se", 32, False),
}


@pytest.mark.parametrize("name", GATED)
def test_squeeze_and_excitation_adds_what_the_formula_says(name: str) -> None:
    """Hu et al. 2017, equation 5: 2/r * sum of C^2 over the blocks; and where there are biases, C + C/r each."""
    plain, label, r, bias = GATED[name]
    gates = [row for row in counts(name).layers if row.path.endswith(f".{label}.fc2")]
    channels = [row.output[0] for row in gates]
    assert len(channels) > 8
    formula = sum(2 * c * (c // r) + (c + c // r if bias else 0) for c in channels)
    assert counts(name).params - counts(plain).params == formula
