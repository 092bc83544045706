"""Emitted code with Korean and Chinese in docstrings and labels is as clean for ruff as any other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archc.support.columns import fitting, lines_of, width
from archc.targets.pytorch import emit
from tests.emit.test_modules import LINT, RULES
from tests.support.interpreter import module_from
from tests.support.specs import checked

KOREAN = "잔차 블록: 두 합성곱과 지름길을 더한다. " + "한 줄에 다 들어가지 않는 긴 설명은 여러 줄로 나뉜다. " * 4
CHINESE = "沒有空格的很長的句子必須在行的末尾斷開" * 5
LABELS = [
    '"가지 {i}": (Conv(4) - "활성": ReLU)',
    '"합성곱{i}": [Conv(4 + i) - BN - ReLU]x(i + 1) - Conv(4)',
    'add { "아주 긴 이름의 층 아주 긴 이름의 층 {i}": Conv(4) | "오른쪽 가지의 합성곱 {i}": Conv(4, 1) }',
    'add { "a quite long name of a layer, longer {i}": Conv(4) | "the right branch of the block {i}": Conv(4, 1) }',
]


def test_the_width_of_a_syllable_is_two_columns() -> None:
    assert [width(text) for text in ("Conv", "합성곱", "e\u0301", "\u1112\u1161\u11ab", "")] == [4, 6, 1, 2, 0]
    assert [fitting("가나다", columns) for columns in (0, 1, 2, 5, 6, 7)] == [0, 0, 1, 2, 3, 3]
    assert lines_of("가나 다라 마바", 9, indent="  ") == ["가나 다라", "  마바"]
    assert lines_of("가나다라마바사", 5) == ["가나", "다라", "마바", "사"]


@pytest.mark.parametrize("doc", [KOREAN, CHINESE, f"{CHINESE}. {KOREAN}", "x" * 200, '\\"Wide\\" blocks.'])
def test_wide_text_is_clean(doc: str, tmp_path: Path) -> None:
    for number, label in enumerate(LABELS):
        block = f'block B(c) {{\n  """{doc}\n\n  Args:\n    c: {doc}\n  """\n  x = Conv(c)\n  x * x\n}}\n'
        body = f"  B(4) - for i in range(2) {{ {label} }} - FC(classes)\n"
        model = f'model m(classes=5) {{\n  "{doc}"\n  input 3x8x8\n{body}}}\nvariant v = m {{ paper: "{doc}" }}\n'
        source = emit(list(checked(block + model).networks.values()), "archc compile 모델.arch", "0")
        module_from(source)
        (tmp_path / f"m{number}.py").write_text(source, encoding="utf-8")
    for command in (["check", *RULES, *LINT], ["format", "--diff", *RULES]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:]
