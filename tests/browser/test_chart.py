"""The chart as a page, in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.cli.main import cli
from tests.browser.accessibility import sideways, violations
from tests.browser.conftest import Opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chart_opens_and_keeps_nobody_out(opened: Opened, tmp_path: Path, scheme: str) -> None:
    file = tmp_path / "chart.html"
    assert CliRunner().invoke(cli, ["chart", "squeezenet", "lenet5_1998", "-o", str(file)]).exit_code == 0
    with opened(file, width=360, scheme=scheme) as page:
        paper = page.locator("svg #patch_1 path").evaluate("(one) => getComputedStyle(one).fill")
        assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 23, 28)"}[scheme]
        assert sideways(page) == 0
        assert violations(page) == []
        assert page.locator("svg > title").text_content() == page.title()
        assert page.locator(".part title").first.text_content() == (
            "SqueezeNet 1.0 (squeezenet)\ntop-1 58.09 %\ntop-5 80.42 %\n1,248,424 parameters\n"
            "818,924,576 multiply-accumulates\naccuracy: torchvision IMAGENET1K_V1"
        )
