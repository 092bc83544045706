"""The measurement with real weights: finished runs are not repeated, and pairs are compared seed by seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import transfer_pictures
from benchmarks.transfer_chart import differences
from benchmarks.transfer_pictures import EACH, STRATEGIES, Bench


def test_a_measurement_that_is_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("train", "test"):
        (tmp_path / "pictures" / part / "cat").mkdir(parents=True)
    monkeypatch.setattr(transfer_pictures, "mobilenet_v2", lambda folder: folder / "weights.pt")
    run: list[tuple[int, int, str]] = []

    def accuracy(self: Bench, each: int, seed: int, strategy: str) -> float:
        if len(run) in (1, 6):
            run.append((0, 0, "stopped"))
            raise KeyboardInterrupt
        run.append((each, seed, strategy))
        return 0.5 + each / 1000 + seed / 100

    monkeypatch.setattr(Bench, "accuracy", accuracy)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            transfer_pictures.main(tmp_path, tmp_path / "pictures", [0, 1])
    transfer_pictures.main(tmp_path, tmp_path / "pictures", [0, 1])
    cells = [cell for cell in run if cell[2] != "stopped"]
    wanted = {(n, s, name) for n in EACH for s in (0, 1) for name in STRATEGIES if name != "loop" or n == 60}
    assert len(cells) == len(set(cells)) and set(cells) == wanted
    assert "| `head-then-all` − `loop` | 60 | +0.0 | +0.0 to +0.0 | +0.0, +0.0 |" in (tmp_path / "table.md").read_text()
    assert (tmp_path / "chart.svg").is_file()


def test_pairs_are_compared_seed_by_seed() -> None:
    values = {
        ("a", 0): 0.60,
        ("a", 1): 0.70,
        ("a", 2): 0.65,
        ("b", 0): 0.58,
        ("b", 1): 0.69,
        ("b", 2): 0.62,
        ("b", 3): 0,
    }
    rows = [["60", str(seed), name, str(value)] for (name, seed), value in values.items()]
    assert differences(rows, [("a", "b"), ("a", "c")]).splitlines()[2:] == [
        "| `a` − `b` | 60 | +2.0 | -0.5 to +4.5 | +2.0, +1.0, +3.0 |"  # 2 ± 4.303 * 1 / sqrt(3)
    ]
