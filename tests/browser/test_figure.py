"""The interactive figure in a browser."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from archc.cli.main import cli
from tests.browser.accessibility import sideways, violations
from tests.browser.conftest import Opened
from tests.draw.hard import FURTHER, HARD

EVIL = '"</script><img src=x onerror=alert(1)>'
SVG = "{http://www.w3.org/2000/svg}"
NETWORKS = ("resnet18", "googlenet_2014", "dpn68", "shufflenet_v2_x0_5", "lenet5_1998")


def drawn(folder: Path, spec: str, *words: str) -> Path:
    file = folder / "figure.html"
    result = CliRunner().invoke(cli, ["draw", spec, "-o", str(file), *words])
    assert result.exit_code == 0, result.output
    return file


LINES_UP = """() => [...document.querySelectorAll('#lines path')].filter((path) => {
  const numbers = path.getAttribute('d').match(/-?[\\d.]+/g).map(Number);
  return !path.classList.contains('tip') && numbers[1] > numbers.at(-1) + 6;
}).length"""


@pytest.mark.parametrize("name", ["googlenet", "inception_v3", "dpn68"])
def test_lines_lead_down(opened: Opened, tmp_path: Path, name: str) -> None:
    """An auxiliary head hangs from the box that makes its tensor, not from that box's input."""
    with opened(drawn(tmp_path, name)) as page:
        assert page.evaluate(LINES_UP) == 0
        page.get_by_role("button", name="Unfold all").click()
        assert page.evaluate(LINES_UP) == 0


LOOSE = """() => {
  const paths = [...document.querySelectorAll('#lines path:not(.tip)')];
  const tips = [...document.querySelectorAll('#lines path.tip')].map((path) => path.getPointAtLength(0));
  const ends = (path) => [0, path.getTotalLength()].map((at) => path.getPointAtLength(at));
  const near = (a, b, reach) => Math.abs(a.x - b.x) < 1.5 && Math.abs(a.y - b.y) < reach;
  const starts = paths.map((path) => ends(path)[0]);
  const loose = paths.filter((path) => {
    const end = ends(path)[1];
    return !tips.some((tip) => near(tip, end, 6)) && !starts.some((start) => near(start, end, 1.5));
  }).length;
  const m = document.querySelector('#lines').getScreenCTM();
  const single = [...document.querySelectorAll('.box.merge')].filter((box) => {
    const r = box.getBoundingClientRect();
    const at = { x: r.left + r.width / 2, y: r.top };
    return tips.filter((tip) => near(tip.matrixTransform(m), at, 3)).length < 2;
  }).length;
  return [loose, single];
}"""


@pytest.mark.parametrize("name", ["gated", "film", "unet", "parallel_streams"])
def test_each_line_leads_somewhere_and_each_merge_has_several(opened: Opened, tmp_path: Path, name: str) -> None:
    """Lines into a tangle, past several of its rows, are included."""
    (spec := tmp_path / f"{name}.arch").write_text((HARD | FURTHER)[name], encoding="utf-8")
    with opened(drawn(tmp_path, str(spec))) as page:
        assert page.evaluate(LOOSE) == [0, 0]
        page.get_by_role("button", name="Unfold all").click()
        assert page.evaluate(LOOSE) == [0, 0]


ACROSS = """() => [...document.querySelectorAll('.frame > .label')].filter((label) => {
  const r = label.getBoundingClientRect();
  const m = document.querySelector('#lines').getScreenCTM();
  return [...document.querySelectorAll('#lines path:not(.tip)')].some((path) => {
    const length = path.getTotalLength();
    for (let at = 2; at < length; at += 2) {
      const [a, b] = [at - 2, at].map((place) => path.getPointAtLength(place).matrixTransform(m));
      const beside = b.x > r.left - 20 && b.x < r.right + 20 && b.y > r.top && b.y < r.bottom;
      if (Math.abs(a.x - b.x) > 1 && beside) return true;
    }
    return false;
  });
}).length"""


def test_lines_meet_above_the_frame_of_a_shared_module(opened: Opened, tmp_path: Path) -> None:
    """They do not meet on its label, and the merge names its outputs."""
    (spec := tmp_path / "pair.arch").write_text(FURTHER["pair"], encoding="utf-8")
    with opened(drawn(tmp_path, str(spec))) as page:
        assert page.evaluate(ACROSS) == 0
        expect(page.locator(".frame > .label")).to_have_text("code, 2 uses")
        assert box(page, "left − right") == box(page, "code.3 of left ÷ (+ 1)") == 1
        page.get_by_role("button", name="Unfold all").click()
        assert box(page, "in − conv1") == 1


def box(page: Page, name: str) -> int:
    """The number of boxes with a title."""
    return page.locator(".box .name b", has_text=re.compile(f"^{re.escape(name)}$")).count()


@pytest.mark.parametrize("name", NETWORKS)
def test_it_opens_folded_and_unfolds(opened: Opened, tmp_path: Path, name: str) -> None:
    """No boxes overlap, folded or unfolded, and lines are drawn."""
    with opened(drawn(tmp_path, name)) as page:
        folded = page.locator(".box").count()
        assert folded > 3 and page.locator("#lines path").count() >= folded - 1
        page.get_by_role("button", name="Unfold all").click()
        assert page.locator(".box .toggle").count() == 0
        unfolded = page.locator(".box").count()
        assert unfolded > folded or name == "lenet5_1998"
        assert (
            page.evaluate(
                """() => {
              const all = [...document.querySelectorAll('.box')].map((b) => b.getBoundingClientRect());
              return all.some((a, i) => all.some((b, j) => j > i && a.left < b.right - .5 && b.left < a.right - .5
                && a.top < b.bottom - .5 && b.top < a.bottom - .5));
            }"""
            )
            is False
        ), "two boxes overlap"
        assert (
            page.evaluate(
                "[...document.querySelectorAll('#lines path')].some((p) => /NaN|undefined/.test(p.getAttribute('d')))"
            )
            is False
        )
        page.get_by_role("button", name="Fold all", exact=True).click()
        assert page.locator(".box").count() == folded


def test_a_block_unfolds_with_the_keyboard_and_folds_again(opened: Opened, tmp_path: Path) -> None:
    with opened(drawn(tmp_path, "resnet18")) as page:
        before = page.locator(".box").count()
        unfold = page.get_by_role("button", name="Unfold layer2.0")
        expect(unfold).to_have_attribute("aria-expanded", "false")
        unfold.press("Enter")
        fold = page.get_by_role("button", name="Fold layer2.0")
        expect(fold).to_be_focused()
        expect(fold).to_have_attribute("aria-expanded", "true")
        assert page.locator(".box").count() == before + 3, "two convolutions, the shortcut and the addition for one box"
        fold.press("Space")
        assert page.locator(".box").count() == before


def test_a_box_tells_what_is_known_of_it(opened: Opened, tmp_path: Path) -> None:
    with opened(drawn(tmp_path, "resnet18")) as page:
        panel = page.get_by_label("Details")
        expect(panel).to_contain_text("11,689,512")
        page.get_by_role("button", name="Conv 7×7, 64, /2").click()
        expect(panel.get_by_role("heading", level=2)).to_have_text("conv1")
        for text in (
            "3x224x224",
            "64x112x112",
            "9,408",
            "7·7·3·64·112·112 = 118,013,952",
            "self.conv1 = nn.Conv2d(3, 64, 7",
        ):
            expect(panel).to_contain_text(text)
        expect(panel).to_contain_text("conv1: Conv(64, 7, stride=2)")
        page.locator(".box.block .name").first.click()
        expect(panel).to_contain_text("class BasicBlock(nn.Module):")


WHOLE = """() => {
  const v = document.querySelector('#view').getBoundingClientRect();
  return [...document.querySelectorAll('.box, .frame')].every((one) => {
    const b = one.getBoundingClientRect();
    return b.left >= v.left && b.right <= v.right && b.top >= v.top && b.bottom <= v.bottom;
  });
}"""


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_whole_when_it_opens(opened: Opened, tmp_path: Path, name: str, width: int) -> None:
    with opened(drawn(tmp_path, name), width=width) as page:
        assert page.evaluate(WHOLE)
        page.get_by_role("button", name="Larger").click(click_count=9)
        assert not page.evaluate(WHOLE)


@pytest.mark.parametrize("width", [390, 1440])
def test_code_is_whole_in_its_pane(opened: Opened, tmp_path: Path, width: int) -> None:
    """No line is cut off, and only the pane scrolls; a phone shows the same text as a desktop."""
    with opened(drawn(tmp_path, "resnet50"), width=width) as page:
        page.locator(".box.block .name").first.click()
        expect(page.get_by_label("Details")).to_contain_text("self.conv3 = nn.Conv2d(planes, out, 1, bias=False)")
        cut = "(all) => all.filter((b) => b.scrollWidth > b.clientWidth || b.scrollHeight > b.clientHeight).length"
        assert page.locator("#panel pre").count() == 2
        assert page.locator("#panel pre").evaluate_all(cut) == 0
        assert sideways(page) == 0


def shown(page: Page) -> list[str]:
    """The words of the figure, without the unfolding signs."""
    words = page.locator("#figure :is(b, small, .times, .size, .label > span)").all_text_contents()
    return sorted(word for word in words if word)


@pytest.mark.parametrize("name", ["resnet18", "googlenet"])
def test_what_is_shown_is_saved(opened: Opened, tmp_path: Path, name: str) -> None:
    """As an SVG without HTML, with every visible word, box and line, and as a PNG of three times the size."""
    with opened(drawn(tmp_path, name)) as page:
        page.locator(".box .toggle").first.click()
        kept = {}
        for kind in ("SVG", "PNG"):
            with page.expect_download() as download:
                page.get_by_role("button", name=f"Save as {kind}").click()
            assert download.value.suggested_filename == f"{page.title()}.{kind.lower()}"
            kept[kind] = download.value.path().read_bytes()
        root = ET.fromstring(kept["SVG"])
        assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {"svg", "title", "rect", "path", "text"}
        assert sorted(text.text or "" for text in root.iter(f"{SVG}text")) == shown(page)
        lines = {path.get("d") for path in root.iter(f"{SVG}path")}
        assert (
            set(page.locator("#lines path").evaluate_all("(all) => all.map((one) => one.getAttribute('d'))")) <= lines
        )
        least = page.locator(".box, .frame").count()
        assert least <= sum(1 for _ in root.iter(f"{SVG}rect"))
        width, height = (round(float(root.get(side) or 0)) * 3 for side in ("width", "height"))
        assert kept["PNG"][16:24] == width.to_bytes(4, "big") + height.to_bytes(4, "big")


HANGS = """([head, read]) => {
  const boxes = [...document.querySelectorAll('.box')];
  const [h, r] = [head, read].map((name) => boxes.find((b) => b.textContent.includes(name)).getBoundingClientRect());
  const m = document.querySelector('#lines').getScreenCTM();
  const near = (point, box, top) => Math.abs(point.x - box.left - box.width / 2) < 3 && Math.abs(point.y - top) < 16;
  return [...document.querySelectorAll('#lines path:not(.tip)')].some((path) => {
    const [start, end] = [0, path.getTotalLength()].map((at) => path.getPointAtLength(at).matrixTransform(m));
    return near(start, r, r.bottom + 14) && near(end, h, h.top);
  });
}"""


def test_heads_hang_from_what_they_read(opened: Opened, tmp_path: Path) -> None:
    """GoogLeNet's heads read the outputs of inception4a and inception4d: their lines begin below these boxes."""
    with opened(drawn(tmp_path, "googlenet")) as page:
        for head, read in (("aux1", "inception4a"), ("aux2", "inception4d")):
            begins = page.evaluate(HANGS, [head, read])
            assert begins, head


def test_search_finds_inside_folded_blocks(opened: Opened, tmp_path: Path) -> None:
    with opened(drawn(tmp_path, "googlenet")) as page:
        page.get_by_role("searchbox").fill("inception4b.branch2")
        status = page.get_by_role("status")
        expect(status).to_have_text(re.compile("^[1-9]\\d* found$"))
        assert page.locator(".hit").count() == 0, "it is folded away"
        page.get_by_role("button", name="Next").click()
        expect(status).to_have_text(re.compile("^1 of "))
        assert page.locator(".hit").count() >= 1
        page.get_by_role("searchbox").press("Enter")
        expect(status).to_have_text(re.compile("^2 of "))
        assert page.locator(".chosen").count() == 1
        inside = page.evaluate(
            """() => {
              const [a, v] = ['.chosen', '#view'].map((one) => document.querySelector(one).getBoundingClientRect());
              return a.left >= v.left && a.right <= v.right && a.top >= v.top && a.bottom <= v.bottom;
            }"""
        )
        assert inside, "what is found is in sight"
        page.get_by_role("searchbox").fill("no such layer")
        expect(status).to_have_text("0 found")


def test_it_moves_and_grows(opened: Opened, tmp_path: Path) -> None:
    """By mouse, by wheel and by keys; a drag is not a click."""
    with opened(drawn(tmp_path, "resnet18")) as page:
        first = page.locator(".box").first

        def place() -> tuple[float, float, float]:
            found = first.bounding_box()
            assert found is not None
            return found["x"], found["y"], found["width"]

        x, y, width = place()
        page.mouse.move(x + 10, y + 10)
        page.mouse.down()
        page.mouse.move(x + 70, y + 60, steps=6)
        page.mouse.up()
        moved = place()
        assert moved[0] - x == pytest.approx(60, abs=6) and moved[1] - y == pytest.approx(50, abs=6)
        assert page.locator(".chosen").count() == 0
        page.keyboard.down("Control")
        page.mouse.wheel(0, -200)
        page.keyboard.up("Control")
        page.wait_for_function(
            "(w) => document.querySelector('.box').getBoundingClientRect().width > w * 1.5", arg=width
        )
        page.locator("#view").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("0")
        fitted = place()
        assert fitted[2] <= width
        page.keyboard.press("+")
        assert place()[2] > fitted[2]
        page.keyboard.press("0")
        page.locator(".box .name").first.tap()
        assert page.locator(".chosen").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_keeps_anybody_out(opened: Opened, tmp_path: Path, scheme: str) -> None:
    with opened(drawn(tmp_path, "resnet18"), scheme=scheme) as page:
        page.get_by_role("button", name="Unfold all").click()
        page.locator(".box .name").nth(1).click()
        assert violations(page) == []


@pytest.mark.parametrize("name", ["googlenet", "resnet18"])
def test_nothing_scrolls_sideways_on_a_telephone(opened: Opened, tmp_path: Path, name: str) -> None:
    with opened(drawn(tmp_path, name), width=360) as page:
        page.get_by_role("button", name="Unfold all").click()
        page.locator(".box .name").nth(1).click()
        assert sideways(page) == 0


def test_nothing_in_a_spec_becomes_markup(opened: Opened, tmp_path: Path) -> None:
    spec = tmp_path / "evil.arch"
    doc = EVIL.replace('"', "'")
    spec.write_text(f'model evil {{\n  "{doc}"\n  input 3x8x8\n  # {doc}\n  a: Conv(4) - ReLU # {doc}\n  - FC(2)\n}}\n')
    with opened(drawn(tmp_path, str(spec), "--title", EVIL)) as page:
        assert page.title() == EVIL
        assert page.locator("h1").inner_text() == EVIL
        page.locator(".box .name").nth(1).click()
        expect(page.get_by_label("Details")).to_contain_text("onerror=alert(1)")
        assert page.locator("img").count() == 0


SHARED = """
block Tower(c) { Conv(c, 3, 2) - ReLU - GAPool - fc: FC(c) }
block Enc(c) { Conv(c, 3, 2) - BN - Conv(c) }
model three {
  "세 그림을 비교한다."
  input anchor: 3x64x64
  input positive: 3x64x64
  input negative: 3x64x64
  shared tower: Tower(8)
  a = anchor - tower
  p = positive - tower
  n = negative - rgb: Enc(3) - tower
  return a - p, a - n
}
variant named = three { name: "세 그림" }
"""
ON_BUTTONS = """() => [...document.querySelectorAll('.frame > .label > .toggle')].filter((button) => {
  const r = button.getBoundingClientRect();
  const m = document.querySelector('#lines').getScreenCTM();
  return [...document.querySelectorAll('#lines path:not(.tip)')].some((path) => {
    for (let at = 0; at < path.getTotalLength(); at += 2) {
      const p = path.getPointAtLength(at).matrixTransform(m);
      if (p.x > r.left && p.x < r.right && p.y > r.top && p.y < r.bottom) return true;
    }
    return false;
  });
}).length"""


def test_a_shared_module_is_read_by_all_of_its_uses_when_unfolded(opened: Opened, tmp_path: Path) -> None:
    """It says how many they are; no line passes behind the button that folds it, however narrow it is."""
    (spec := tmp_path / "three.arch").write_text(SHARED, encoding="utf-8")
    with opened(drawn(tmp_path, f"{spec}:named")) as page:
        tips = page.locator("#lines path.tip").count()
        page.get_by_role("button", name="Unfold tower").click()
        labels = page.locator(".frame > .label > span").all_text_contents()
        assert labels == ["Tower · tower · 3 uses"] and page.get_by_text("same weights").count() == 0
        assert page.locator("#lines path.tip").count() == tips + 2  # GAPool and FC
        assert page.evaluate(LOOSE)[0] == 0
        page.get_by_role("button", name="Unfold all").click()
        assert page.locator(".frame > .label > .toggle").count() == 2
        assert page.evaluate(ON_BUTTONS) == 0


def test_letters_of_labels_and_of_code_are_embedded(opened: Opened, tmp_path: Path) -> None:
    """In the page, and in the files that it saves."""
    (spec := tmp_path / "three.arch").write_text(SHARED.replace("rgb: Enc", '"그림": Enc'), encoding="utf-8")
    with opened(drawn(tmp_path, f"{spec}:named")) as page:
        loaded = "[...document.fonts].filter((one) => one.status === 'loaded').map((one) => one.family)"
        (family,) = page.evaluate(f"document.fonts.ready.then(() => {loaded})")
        assert family.startswith("hangul-")
        assert family in page.locator("h1").evaluate("(one) => getComputedStyle(one).fontFamily")
        with page.expect_download() as download:
            page.get_by_role("button", name="Save as SVG").click()
        root = ET.fromstring(download.value.path().read_bytes())
        assert (root.get("font-family") or "").startswith(family)
        assert family in (root.findtext(f"{SVG}style") or "")
