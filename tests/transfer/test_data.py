"""Folders and tables of images: all image modes, all faults of folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from archc.training.data import Images, Order, find_data
from archc.training.errors import TrainingError
from archc.training.images import Preprocess, read_image
from tests.support.specs import checked, network
from tests.transfer.conftest import colours

GREY = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4


def found(root: Path, strict: bool = False, seed: int = 0) -> object:
    return find_data(root, seed, 0.25, strict)


def test_a_stratified_split_by_seed(tmp_path: Path) -> None:
    root = colours(tmp_path / "a", 8)
    one, same, other = (find_data(root, seed, 0.25, False) for seed in (1, 1, 2))
    assert one == same != other
    assert one.classes == ("blue", "green", "red")
    assert [sum(i.label == c for i in one.val) for c in range(3)] == [2, 2, 2]
    assert not {i.path for i in one.train} & {i.path for i in one.val}


def test_a_val_folder_of_its_own(tmp_path: Path) -> None:
    colours(tmp_path / "train", 3)
    colours(tmp_path / "val", 1, ("blue", "red"))
    split = find_data(tmp_path, 0, 0.2, False)
    assert (len(split.train), len(split.val)) == (9, 2)
    assert split.notes == ("class 'green' has no image in val, so it cannot be evaluated",)
    colours(tmp_path / "other" / "train", 2, ("blue", "red"))
    colours(tmp_path / "other" / "val", 1, ("green",))
    with pytest.raises(TrainingError, match="val has classes that train does not have: 'green'"):
        found(tmp_path / "other")


def test_faults_of_a_folder(tmp_path: Path) -> None:
    root = colours(tmp_path / "a", 2, ("blue", "red"))
    (root / "red" / "bad.png").write_bytes(b"no image")
    split = find_data(root, 0, 0.2, False)
    assert [path for path, _ in split.broken] == ["red/bad.png"]
    with pytest.raises(TrainingError, match=r"1 broken images, the first red/bad\.png"):
        found(root, strict=True)
    (root / "empty").mkdir()
    with pytest.raises(TrainingError, match="class 'empty' has no images"):
        found(root)
    with pytest.raises(TrainingError, match="1 class to train on, not two"):
        found(colours(tmp_path / "b", 2, ("red",)))
    one = colours(tmp_path / "c", 4, ("blue",))
    colours(one / "x", 1, ("red",))
    (one / "x" / "red").rename(one / "red")
    (one / "x").rmdir()
    alone = find_data(one, 0, 0.2, False)
    assert alone.notes and "'red' has no image in val" in alone.notes[0]


def test_a_table(tmp_path: Path) -> None:
    colours(tmp_path, 2, ("blue", "red"))
    table = tmp_path / "all.csv"
    table.write_text("path,label,split\nblue/000.png,sea,train\nred/000.png,sun,train\nred/001.png,sun,val\n")
    split = find_data(table, 0, 0.2, False)
    assert split.classes == ("sea", "sun") and [i.path for i in split.val] == ["red/001.png"]
    table.write_text("path,label\nblue/000.png,\n")
    with pytest.raises(TrainingError, match=r"all\.csv:2 must have a path, a label"):
        found(table)


def test_every_mode_of_an_image(tmp_path: Path) -> None:
    wide = Image.fromarray(GREY.astype(np.uint16) * 257)
    clear = Image.merge("RGBA", [*([Image.fromarray(GREY)] * 3), Image.new("L", (8, 8), 0)])
    images = {
        "grey": Image.fromarray(GREY), "wide": wide, "colour": Image.fromarray(GREY).convert("RGB"),
        "palette": Image.fromarray(GREY).convert("P"), "alpha": Image.fromarray(GREY).convert("LA"),
    }  # fmt: skip
    for name, image in images.items():
        image.save(tmp_path / f"{name}.png")
        read = read_image(tmp_path / f"{name}.png", 1)
        assert read.mode == "L"
        assert np.abs(np.asarray(read).astype(int) - GREY).max() <= 1, name
        assert read_image(tmp_path / f"{name}.png", 3).mode == "RGB"
    clear.save(tmp_path / "clear.png")
    assert np.asarray(read_image(tmp_path / "clear.png", 1)).min() == 255
    Image.fromarray(GREY).convert("CMYK").save(tmp_path / "a.jpg")
    assert read_image(tmp_path / "a.jpg", 3).mode == "RGB"


def test_images_are_turned_as_their_exif_says(tmp_path: Path) -> None:
    image = Image.fromarray(GREY[:4])
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    assert read_image(tmp_path / "turned.png", 1).size == (4, 8)


def test_chance_depends_on_seed_epoch_and_number_alone(tmp_path: Path) -> None:
    root = colours(tmp_path / "a", 2)
    split = find_data(root, 0, 0.5, False)
    preprocess = Preprocess.of(network("model m {\n  input 3x8x8\n  FC(3)\n}\n"))
    images = Images(root, split.train, preprocess.training("crop+flip"), preprocess.read, 7, varies=True)
    torch.manual_seed(1)
    first = images[2, 1][0]
    torch.manual_seed(2)
    state = torch.get_rng_state()
    assert torch.equal(images[2, 1][0], first)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(images[3, 1][0], first)


@pytest.mark.parametrize("world", [1, 2, 3])
def test_processes_share_an_order(world: int) -> None:
    parts = []
    for rank in range(world):
        order = Order(10, 5, shuffle=True, rank=rank, world=world)
        order.set_epoch(4)
        parts.append(list(order))
        assert len(parts[-1]) == len(order)
    assert len({len(p) for p in parts}) == 1
    assert {n for p in parts for _, n in p} == set(range(10))
    whole = Order(10, 5, shuffle=True)
    whole.set_epoch(4)
    together = [key for keys in zip(*parts, strict=True) for key in keys]
    assert together[:10] == list(whole)


def test_facts_of_the_spec_that_are_wrong() -> None:
    base = "model m {\n  input 3x8x8\n  FC(3)\n}\nvariant v = m {\n  FACT\n}\n"
    told = checked(base.replace("FACT", "mean: [0.5]"), member="v").diagnostics
    assert [d.code for d in told] == ["E0502"], "the spec itself is refused"
    for fact, said in (("std: [1, 1, 0]", "none that is 0"),
                       ('interpolation: "cubic"', "no interpolation"), ('mean: "x"', "is invalid")):  # fmt: skip
        with pytest.raises(TrainingError, match=said):
            Preprocess.of(network(base.replace("FACT", fact), member="v"))
    with pytest.raises(TrainingError, match="neither a grey nor a colour image"):
        Preprocess.of(network("model m {\n  input 5x8x8\n  FC(3)\n}\n"))


def test_affine_moves_what_is_written_and_keeps_the_paper() -> None:
    preprocess = Preprocess.of(network("model m {\n  input 1x32x32\n  FC(3)\n}\n"))
    for paper, ink in ((0, 255), (230, 10)):
        image = Image.new("L", (32, 32), paper)
        image.paste(ink, (12, 6, 20, 26))
        torch.manual_seed(0)
        tilt = preprocess.training("affine")
        made = [(127.5 * (tilt(image)[0] + 1)).round() for _ in range(20)]
        assert all(one.shape == (32, 32) for one in made) and not torch.equal(made[0], made[1])
        corners = torch.stack([one[::31, ::31] for one in made])
        assert bool((corners == paper).all())
        weight = torch.stack([(one - paper).abs().sum() / abs(ink - paper) for one in made])
        assert bool((weight > 0.75 * 160).all()) and bool((weight < 1.25 * 160).all())  # a tenth either way, squared
        rows = torch.arange(32.0)
        middles = torch.stack([((one - paper).abs().sum(1) * rows).sum() / (one - paper).abs().sum() for one in made])
        assert float(middles.std()) > 1 and bool(((middles - 15.5).abs() < 5).all())
