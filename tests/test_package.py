"""The package: the contents of a wheel, running from a wheel and from a clone, and the cost of the import."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import archc

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COUNT = ("count", "resnet18", "--json")


def python(*words: str, cwd: Path, **environment: str) -> str:
    """The standard output of this Python, run in another folder."""
    result = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    python("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
           "--wheel-dir", str(folder), str(ROOT), cwd=folder)  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_code_grammar_and_specs_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for kind in ("grammar", "specs"):
        ours = {f"archc/{kind}/{f.name}" for f in (ROOT / kind).iterdir() if f.suffix in (".lark", ".arch")}
        assert ours and ours <= names
    assert "archc/grammar/tables.json" in names
    assert {f"archc/errors/{page.name}" for page in (ROOT / "docs" / "errors").iterdir()} <= names
    assert {"archc/__init__.py", "archc/py.typed", "archc/cli/main.py", "archc/ops/conv.py"} <= names
    about = f"archc-{archc.__version__}.dist-info/licenses"
    assert {
        f"{about}/LICENSE",
        *(f"{about}/archc/targets/figure/fonts/OFL-{font}.txt" for font in ("Arimo", "Hangul")),
    } <= names
    assert {name.split("/")[0] for name in names} == {"archc", f"archc-{archc.__version__}.dist-info"}
    assert not [name for name in names if name.endswith(".pyc")]


def test_it_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """Installed into a separate folder, that copy runs, with the specs and the tables of the wheel."""
    target = tmp_path / "site"
    python(
        "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target), str(wheel), cwd=tmp_path
    )
    inside = {"PYTHONPATH": str(target)}
    where = python("-c", "import archc; print(archc.__file__)", cwd=tmp_path, **inside)
    assert Path(where.strip()).parent == target / "archc"
    (target / "lark.py").write_text("raise ImportError('the tables are shipped')\n", encoding="utf-8")
    counted = json.loads(python("-m", "archc", *COUNT, cwd=tmp_path, **inside))
    assert counted["params"] == 11_689_512
    wrong = subprocess.run(
        [sys.executable, "-c", "import archc; archc.load('nothing')"],
        cwd=tmp_path, env={**os.environ, **inside}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "SpecError: there is no shipped network 'nothing'" in wrong.stderr


def test_it_runs_from_the_clone(tmp_path: Path) -> None:
    """With the repository itself on the path, like an editable install, from another folder."""
    counted = json.loads(python("-m", "archc", *COUNT, cwd=tmp_path, PYTHONPATH=str(ROOT)))
    assert counted["params"] == 11_689_512


def test_an_editable_install_finds_the_clone(tmp_path: Path) -> None:
    target = tmp_path / "site"
    python("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation",
           "--target", str(target), "--editable", str(ROOT), cwd=tmp_path)  # fmt: skip
    (link,) = target.glob("*.pth")
    assert Path(link.read_text(encoding="utf-8").strip()) == ROOT
    assert not (target / "archc").exists()


def test_importing_archc_is_cheap(tmp_path: Path) -> None:
    """No library of the project is imported with the package, nor with its help."""
    script = "import sys, archc; print(sorted({m.split('.')[0] for m in sys.modules} & set(sys.argv[1:])))"
    heavy = ("pydantic", "lark", "torch", "click", "rich", "graphviz", "pygraphviz", "numpy")
    assert python("-c", script, *heavy, cwd=tmp_path) == "[]\n"
    help_script = (
        "import sys; from archc.cli.main import cli; cli(['--help'], standalone_mode=False); "
        "print(sorted({m.split('.')[0] for m in sys.modules} & set(sys.argv[1:])))"
    )
    assert python("-c", help_script, *heavy, cwd=tmp_path).splitlines()[-1] == "['click']"
    own = help_script.replace("m.split('.')[0] for", "m for").replace("print(sorted(", "print(bool(")
    assert python("-c", own, "archc.diagnostics.core", "archc.ir", cwd=tmp_path).splitlines()[-1] == "False"


def test_the_python_interface_offers_what_it_says() -> None:
    for name in archc.__all__:
        assert getattr(archc, name) is not None
    assert set(archc.__all__) <= set(dir(archc))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = archc.nothing


def test_every_dependency_is_pinned() -> None:
    """`constraints.txt` has one version of each package that the project requires; that of torch is 2.13.0."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    known = {_normal(name) for name in pins}
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    for extra in PROJECT["project"]["optional-dependencies"].values():
        asked += [requirement for requirement in extra if not requirement.startswith("archc")]
    assert {_normal(re.split(r"[<>=\[]", requirement)[0]) for requirement in asked} <= known
    assert pins["torch"] == "2.13.0"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
