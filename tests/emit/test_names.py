"""The numbers in the names of modules and of classes."""

from __future__ import annotations

import pytest

from tests.emit.cases import classes, emitted, live, names


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ('([Conv(c)] x 3) if (way == "b") - conv1: Conv(c) - Conv(c)', ["conv1", "conv6"]),
        ('([Conv(c)] x 3) if (way == "b") - conv3: Conv(c) - Conv(c)', ["conv3", "conv6"]),
        ('([Conv(c)] x 3) if (way == "b") - Conv(c) - conv3: Conv(c)', ["conv5", "conv3"]),
        ('([Conv(c)] x 3) if (way == "b") - Conv(c) - conv5: Conv(c)', ["conv4", "conv5"]),
        ('([Conv(c)] x 3) if (way == "b") - Conv(c) - bn5: Conv(c)', ["conv4", "bn5"]),
    ],
)
def test_a_loop_that_is_not_there_counts_past_the_labels(body: str, wanted: list[str]) -> None:
    text = f'block B(c, way="a") {{ {body} }}\nmodel m {{\n  input 4x8x8\n  B(8) - B(4)\n}}\n'
    source = emitted(text)
    assert names(live(source)) == [f"{i}.{name}" for i in (0, 1) for name in wanted]
    assert classes(source) == ["B", "M"]


def test_classes_of_one_name_count_from_2() -> None:
    source = emitted("""
block B { add { a: (Conv(4) - add { Conv(4) | in }) | in } }
block C { concat { a: (Conv(4) - add { BN | in }) | in } }
block D { mul { a: (Conv(4) - add { ReLU - Conv(4) | in }) | in } }
model m {
  input 4x8x8
  B - C - Conv(4) - D
}
""")
    assert classes(source) == ["A", "B", "A2", "C", "A3", "D", "M"]
