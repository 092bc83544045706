"""Real folders of each layout: their interpretation, and rejected ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from archc.training.data import DataSplit, find_data
from archc.training.errors import TrainingError
from tests.transfer.conftest import colours


def split_of(root: Path) -> DataSplit:
    return find_data(root, 0, 0.25, False)


def sizes(split: DataSplit) -> tuple[int, int, int]:
    return len(split.train), len(split.val), len(split.test)


FORMS = {
    "train and val": ({"train": 4, "val": 1}, (12, 3, 0)),
    "train and valid": ({"train": 4, "valid": 1}, (12, 3, 0)),
    "capital letters": ({"Training": 4, "Validation": 1}, (12, 3, 0)),
    "all three": ({"TRAIN": 4, "Val": 1, "Test": 2}, (12, 3, 6)),
    "train and test": ({"train": 4, "testing": 2}, (9, 3, 6)),
    "train alone": ({"training": 4}, (9, 3, 0)),
    "no sets": ({"": 4}, (9, 3, 0)),
    "wrapped": ({"flowers/train": 4, "flowers/val": 1}, (12, 3, 0)),
    "wrapped classes": ({"archive/flowers": 4}, (9, 3, 0)),
    "wrapped inside": ({"train/images": 4, "val/images": 1}, (12, 3, 0)),
}


@pytest.mark.parametrize(("made", "wanted"), FORMS.values(), ids=FORMS)
def test_a_form_is_read_as_meant(tmp_path: Path, made: dict[str, int], wanted: tuple[int, int, int]) -> None:
    for number, (name, each) in enumerate(made.items()):
        colours(tmp_path / name, each, seed=number)
    split = split_of(tmp_path)
    assert split.classes == ("blue", "green", "red") and sizes(split) == wanted
    named = [part for name in made for part in name.split("/") if part]
    assert all(any(part in line for line in split.said) for part in named if part != "images" or len(named) < 4)


def test_sets_inside_the_classes(tmp_path: Path) -> None:
    for name, each in (("train", 4), ("valid", 1)):
        colours(tmp_path / "x" / name, each, seed=each)
        for colour in ("blue", "green", "red"):
            shutil.move(tmp_path / "x" / name / colour, tmp_path / "data" / colour / name)
    split = split_of(tmp_path / "data")
    assert sizes(split) == (12, 3, 0) and split.classes == ("blue", "green", "red")
    (tmp_path / "data/red/train/000.png").rename(tmp_path / "data/red/loose.png")
    with pytest.raises(TrainingError, match=r"folders of sets in them, and red/loose\.png is in none"):
        split_of(tmp_path / "data")


def test_a_validation_folder_is_never_a_class(tmp_path: Path) -> None:
    colours(tmp_path, 3)
    colours(tmp_path / "valid", 1)
    with pytest.raises(TrainingError, match="valid beside blue, green, red, but no folder called train"):
        split_of(tmp_path)


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    colours(tmp_path / "train", 4)
    colours(tmp_path / "extra", 1)
    Image.new("RGB", (4, 4)).save(tmp_path / "cover.png")
    assert split_of(tmp_path).unused == ("extra/ (beside the sets)", "cover.png")


def test_a_file_that_is_no_image_is_told_in_the_same_words_each_time(tmp_path: Path) -> None:
    colours(tmp_path, 4)
    (tmp_path / "red/notes.PNG").write_bytes(b"no image")
    assert split_of(tmp_path).broken == (("red/notes.PNG", "Pillow does not recognise it as an image"),)


def test_two_folders_for_one_set(tmp_path: Path) -> None:
    for name in ("train", "val", "valid"):
        colours(tmp_path / name, 2)
    with pytest.raises(TrainingError, match="two folders for val: train, val, valid"):
        split_of(tmp_path)


def test_tables_name_their_sets_as_folders_do(tmp_path: Path) -> None:
    colours(tmp_path, 3, ("blue", "red"))
    parts = ("Training", "VALID", "testing")
    rows = [f"{c}/{n:03d}.png;{c};{part}" for c in ("blue", "red") for n, part in enumerate(parts)]
    text = "\n".join(["Filename;Class;Set", *rows])
    table = tmp_path / "all.csv"
    table.write_text(text.replace(";", ","), encoding="utf-8")
    assert sizes(split_of(table)) == (2, 2, 2)
    table.write_text(text, encoding="utf-8")
    with pytest.raises(TrainingError, match="it has 'Filename;Class;Set'; is the delimiter a comma"):
        split_of(table)
    table.write_text(text.replace(";", ",").replace("VALID", "later"), encoding="utf-8")
    with pytest.raises(TrainingError, match=r"all\.csv:3 must have a path, a label, and as split"):
        split_of(table)


# -- what the hashes say ----------------------------------------------------------------------------------------------


def test_pictures_that_are_there_twice_are_told(tmp_path: Path) -> None:
    colours(tmp_path / "train", 4)
    colours(tmp_path / "val", 2, seed=1)
    for copy in ("train/red/again.png", "val/red/leak.png", "train/blue/wrong.png"):
        shutil.copy(tmp_path / "train/red/000.png", tmp_path / copy)
    found = split_of(tmp_path).twins
    pairs = {
        kind: {frozenset(pair) for pair in getattr(found, kind)} for kind in ("repeated", "leaked", "contradictory")
    }
    assert sum(map(len, pairs.values())) == 3
    first = "train/blue/wrong.png"  # the first of four equal pictures; the others contradict its label
    assert pairs["contradictory"] == {
        frozenset((first, path)) for path in ("train/red/000.png", "train/red/again.png", "val/red/leak.png")
    }
    (tmp_path / first).unlink()
    found = split_of(tmp_path).twins
    assert found.repeated == (("train/red/000.png", "train/red/again.png"),)
    assert found.leaked == (("train/red/000.png", "val/red/leak.png"),) and not found.contradictory
    assert "1 picture used for training and for evaluation: train/red/000.png = val/red/leak.png" in " ".join(
        found.lines()
    )


def test_pictures_that_look_the_same_are_told(tmp_path: Path) -> None:
    colours(tmp_path / "a", 4)
    picture = Image.radial_gradient("L").convert("RGB")
    picture.paste((200, 30, 30), (20, 90, 120, 240))
    picture.save(tmp_path / "a/red/one.png")
    picture.resize((200, 200)).save(tmp_path / "a/red/two.jpg", quality=70)
    found = split_of(tmp_path / "a").twins
    assert found.near == (("red/one.png", "red/two.jpg"),) and not found.repeated


def test_copies_are_not_held_out_from_each_other(tmp_path: Path) -> None:
    colours(tmp_path, 10)
    for name in ("blue", "green", "red"):
        for number in range(10):
            shutil.copy(tmp_path / name / f"{number:03d}.png", tmp_path / name / f"copy{number}.png")
    split = split_of(tmp_path)
    assert split.val and not {i.sha256 for i in split.train} & {i.sha256 for i in split.val}
    assert not split.twins.leaked


# -- pictures of more than 8 bits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("top", "white"), [(4095, 4095), (4000, 4095), (1000, 1023), (65535, 65535), (200, 255)])
def test_the_range_of_the_data_says_what_is_white(tmp_path: Path, top: int, white: int) -> None:
    import numpy as np

    from archc.training.images import read_image

    for name in ("a", "b"):
        for number in range(4):
            (tmp_path / name).mkdir(exist_ok=True)
            values = np.linspace(0, top, 64).reshape(8, 8).astype(np.uint16)
            Image.fromarray(values if name == "a" else values[::-1].copy()).save(tmp_path / name / f"{number}.png")
    split = split_of(tmp_path)
    assert split.white == white
    assert split.notes == (f"8 images of more than 8 bits, up to {top}: {white} is white",)
    brightest = int(np.asarray(read_image(tmp_path / "a/0.png", 1, split.white)).max())
    assert brightest == round(255 * top / white)
