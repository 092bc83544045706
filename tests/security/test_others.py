"""Untrusted input does no harm: specs, JSON, files, names, images, runs, packages, the environment."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import archc
from archc.ir.network import Network
from archc.ops import forget, registry
from archc.support import limits
from archc.support.sheets import cell
from tests.cli.conftest import Archc, Process
from tests.support.specs import network

ARCHC = Path(__file__).parents[2] / "archc"
EVIL = "import pathlib\npathlib.Path('ran').touch()\nfrom torch import nn\nclass Net(nn.Module):\n    pass\n"
SPEC = (
    "init Conv = zeros\nfn twice(n) = n * 2\n"
    "block B(c, s=1) {\n  Conv(twice(n=c) * s) - ReLU if (s == 1)\n}\nmodel m(w=4) {\n  input 3x8x8\n"
    '  for i in range(2) { "b{i}": B(w) }\n  - a: (GAPool - fc: FC(10))\n}\n'
)

# -- code --------------------------------------------------------------------------------------------------------------


def test_a_spec_runs_no_file(archc: Archc) -> None:
    Path("evil.py").write_text(EVIL, encoding="utf-8")
    Path("v.arch").write_text(
        'model n {\n  input 3x8x8\n  Conv(4)\n}\nvariant v = n {\n  like: "evil.py:Net"\n}\n', encoding="utf-8"
    )
    found = archc("verify", "v.arch")
    assert found.exit_code == 2 and "a spec runs no file" in found.stderr
    assert not Path("ran").exists()
    assert "W0501" in archc("check", "v.arch").stdout
    said = archc("verify", "v.arch", "--against", "evil.py:Net")
    assert "runs evil.py" in said.stderr and Path("ran").exists()


CODE = ('__import__("os").abort()', "x.__class__", "[y for y in x]", "(lambda: 1)()", "a\nimport os", "open(x)", "x; y")


@pytest.mark.parametrize("code", CODE)
@pytest.mark.parametrize(
    ("owner", "field"),
    [("Argument", "name"), ("Loop", "names"), ("Var", "name"), ("Apply", "function"), ("Apply", "names"),
     ("Binary", "operator"), ("Scope", "path"), ("Definition", "name"), ("Network", "name"), ("Node", "path"),
     ("Parameter", "name"), ("Initialisation", "arguments")],
)  # fmt: skip
def test_the_json_of_a_network_holds_no_code(owner: str, field: str, code: str) -> None:
    if field == "path" and code == "open(x)":
        pytest.skip("a name that torch allows; that it is only ever a text is the next test")
    data = json.loads(network(SPEC).model_dump_json())
    assert _put(data, owner, field, code), "no such field in the network"
    with pytest.raises(ValueError, match="no network"):
        Network.model_validate(data, {"ops": registry()})


def test_a_name_that_looks_like_a_call_is_a_text() -> None:
    text = 'model m { input 4x8x8\n "open(x)": Conv(4) - "exec(y)": (Conv(4) - BN) - "a.eval(z)": Conv(2) }'
    tree = ast.parse(archc.compile_text(text).source())
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert (called | named).isdisjoint({"open", "exec", "eval"})


@pytest.mark.parametrize("function", ["eval", "exec", "open", "__import__", "getattr", "nowhere"])
def test_the_json_of_a_network_calls_no_function_but_its_own(function: str) -> None:
    data = json.loads(network(SPEC).model_dump_json())
    assert _put(data["definitions"], "Apply", "function", function)
    with pytest.raises(ValueError, match="no network: function"):
        Network.model_validate(data, {"ops": registry()})


_WHERE: dict[str, Callable[[dict[str, Any]], bool]] = {
    "Loop": lambda d: d.get("is_a") == "loop",
    "Argument": lambda d: "given" in d and "expr" in d,
    "Apply": lambda d: d.get("is_a") == "apply",
    "Binary": lambda d: d.get("is_a") == "binary",
    "Initialisation": lambda d: "function" in d and "weight" in d,
    "Parameter": lambda d: set(d) == {"name", "default"} and d["default"] is not None,
    "Var": lambda d: d.get("is_a") == "var",
    "Scope": lambda d: "callee" not in d and "body" in d and "path" in d,
    "Definition": lambda d: "doc" in d and "parameters" in d,
    "Network": lambda d: "nodes" in d,
    "Node": lambda d: "op" in d and "inputs" in d,
}


def _put(data: Any, owner: str, field: str, text: str) -> bool:
    """Write `text` to the first such field of plain data."""
    if isinstance(data, dict):
        if _WHERE[owner](data) and field in data:
            data[field] = [[text, 1]] if owner == "Initialisation" else [text] if field == "names" else text
            return True
        return any(_put(value, owner, field, text) for value in data.values())
    return isinstance(data, list) and any(_put(value, owner, field, text) for value in data)


def test_the_json_of_a_sound_network_reads_back() -> None:
    made = network(SPEC)
    assert Network.model_validate_json(made.model_dump_json(), {"ops": registry()}) == made


@pytest.mark.parametrize("start", ["constant(-2)", "normal(0, 0.01)", "xavier_uniform(gain=4)", "zeros"])
def test_how_weights_start_reads_back(start: str) -> None:
    made = network(f"model m {{\n  input 3x8x8\n  init Conv = {start}\n  Conv(8)\n}}\n")
    assert Network.model_validate_json(made.model_dump_json(), {"ops": registry()}) == made


# -- repositories ------------------------------------------------------------------------------------------------------


def test_a_repository_runs_no_command(archc: Archc) -> None:
    """A repository that configures how its missing objects are fetched, as a foreign `.git` may, runs nothing."""
    Path("net.arch").write_text("model m {\n  input 3x8x8\n  Conv(8)\n}\n", encoding="utf-8")

    def git(*words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        return subprocess.run(["git", *who, *words], check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q", ".")
    git("add", "net.arch")
    git("commit", "-qm", "x")
    blob = git("rev-parse", "HEAD:net.arch")
    Path(".git/objects", blob[:2], blob[2:]).unlink()
    for name, value in {
        "core.repositoryformatversion": "1",
        "extensions.partialclone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "ext::sh -c touch% ran",
        "protocol.ext.allow": "always",
    }.items():
        git("config", name, value)
    assert archc("diff", "HEAD:net.arch", "net.arch").exit_code == 2
    assert not Path("ran").exists()


# -- files -------------------------------------------------------------------------------------------------------------


def test_what_only_mentions_archc_stays(archc: Archc) -> None:
    mine = "# my own, which was never compiled by archc; Written by archc 1 (SHA-256 0123456789abcdef)\n"
    Path("mine.py").write_text(mine, encoding="utf-8")
    assert archc("compile", "tiny.arch", "-o", "mine.py").exit_code == 2
    assert Path("mine.py").read_text(encoding="utf-8") == mine


@pytest.mark.parametrize("name", ["tiny.py", "tiny.svg", "tiny.html", "tiny.dot"])
def test_what_was_edited_since_stays(archc: Archc, name: str) -> None:
    command = ("compile" if name.endswith("py") else "draw", "tiny.arch", "-o", name)
    assert archc(*command).exit_code == 0
    assert archc(*command).exit_code == 0  # its own file
    edited = Path(name).read_text(encoding="utf-8").replace("tiny", "tiny2", 1)
    Path(name).write_text(edited, encoding="utf-8")
    refused = archc(*command)
    assert refused.exit_code == 2 and "changed since" in refused.stderr
    assert Path(name).read_text(encoding="utf-8") == edited
    assert archc(*command, "--force").exit_code == 0


def test_a_spec_is_not_overwritten_by_what_is_made_of_it(archc: Archc) -> None:
    before = Path("tiny.arch").read_bytes()
    for force in ((), ("--force",)):
        assert archc("compile", "tiny.arch", "-o", "tiny.arch", *force).exit_code == 2
    assert Path("tiny.arch").read_bytes() == before


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="there is no /dev/stdout")
@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_standard_output_by_its_name(process: Process, tmp_path: Path, name: str) -> None:
    (tmp_path / "tiny.arch").write_text("model tiny {\n  input 3x8x8\n  Conv(4)\n}\n", encoding="utf-8")
    with (tmp_path / "out").open("w") as stream:
        stream.write("before\n")
        stream.flush()
        subprocess.run(
            [sys.executable, "-m", "archc", "compile", "tiny.arch", "-o", name],
            cwd=tmp_path, stdout=stream, check=True, env=os.environ,
        )  # fmt: skip
    said = (tmp_path / "out").read_text(encoding="utf-8")
    assert said.startswith("before\n# tiny, compiled by archc")


# -- terminals and spreadsheets ----------------------------------------------------------------------------------------

HOSTILE = "\x1b]0;owned\x07=cmd|' /C calc'!A0"


def test_no_cell_is_a_formula() -> None:
    for text in ("=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1"):
        assert cell(text) == f"'{text}"
    assert (cell("resnet50"), cell(-1), cell(None)) == ("resnet50", -1, None)


def test_names_of_images_are_no_formulas() -> None:
    embed = pytest.importorskip("archc.training.embed")
    torch = pytest.importorskip("torch")
    found = embed.Vectors(["=cmd|' /C calc'!A0.png", "plain.png"], torch.zeros(2, 3), [])
    lines = embed.as_bytes(found, ".csv").decode().splitlines()
    assert lines[1].startswith("'=cmd") and lines[2].startswith("plain.png,")


@pytest.mark.parametrize(
    "file", [f for f in sorted(ARCHC.rglob("*.py")) if "csv.writer(" in f.read_text(encoding="utf-8")], ids=str
)
def test_whoever_writes_a_table_guards_its_texts(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert "cell(" in text.replace("def _cell(", ""), "wrap texts of others in archc.support.sheets.cell"


def test_names_in_tables_are_no_formulas(archc: Archc) -> None:
    text = "model m(w=4) {\n  input 3x8x8\n  Conv(w)\n}\n"
    Path("m.arch").write_text(text, encoding="utf-8")
    said = archc("count", "m.arch", "--sweep", 'w=4,"=cmd"', "--format", "csv").stdout
    assert not any(part.startswith("=") for line in said.splitlines() for part in line.split(","))


@pytest.mark.parametrize("form", ["", "--csv"])
def test_what_a_run_says_is_shown_and_not_obeyed(archc: Archc, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    predict = pytest.importorskip("archc.training.predict")
    found = predict.Prediction(file=HOSTILE, classes=((HOSTILE, 0.5), ("=1+1", 0.5)))
    monkeypatch.setattr(predict, "predict", lambda *_, **__: iter((found,)))
    said = archc("predict", "run", "x.png", *filter(None, (form,))).stdout
    assert "owned" in said
    if form:
        assert ",=1+1" not in said
    else:
        assert "\x1b" not in said and "\x07" not in said


def test_names_of_tensors_are_shown_and_not_obeyed(archc: Archc) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    save_file({HOSTILE: torch.zeros(2)}, "h.safetensors")
    said = archc("weights", "tiny.arch", "h.safetensors", "--all").output
    assert "owned" in said and "\x1b" not in said and "\x07" not in said


def test_names_of_classes_are_shown_and_not_obeyed(archc: Archc) -> None:
    pytest.importorskip("torch")
    from PIL import Image

    for name in ("\x1b]0;owned\x07", "b"):
        folder = Path("data", name)
        folder.mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"{number}.png")
    Path("two.arch").write_text("model two {\n  input 3x8x8\n  GAPool - FC(2)\n}\n", encoding="utf-8")
    said = archc("finetune", "two.arch", "--data", "data", "-o", "run", "--epochs", "1").output
    assert "owned" in said and "\x1b" not in said and "\x07" not in said


# -- what is large -----------------------------------------------------------------------------------------------------


def test_a_small_file_of_a_large_image_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = pytest.importorskip("archc.training.images")
    from PIL import Image

    Image.new("1", (300, 200)).save(tmp_path / "x.png")
    assert images.read_image(tmp_path / "x.png", 3).size == (300, 200)
    monkeypatch.setattr(images, "MOST_PIXELS", 300 * 200 - 1)
    with pytest.raises(ValueError, match="300x200 pixels, more than the limit MOST_PIXELS of 59,999"):
        images.read_image(tmp_path / "x.png", 3)
    assert limits.MOST_PIXELS * 3 < 2**28


def test_a_run_of_others_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = pytest.importorskip("archc.training.folder")
    from archc.training.errors import TrainingError

    (tmp_path / "run.json").write_text(f'"{"x" * 1000}"', encoding="utf-8")
    (tmp_path / "weights.safetensors").write_bytes(b"\0" * 5000)
    monkeypatch.setattr(folders, "MOST_RECORDED", 999)
    monkeypatch.setattr(folders, "MOST_WEIGHTS", 1000)
    with pytest.raises(TrainingError, match="more than the limit MOST_RECORDED of 999"):
        folders.Folder(tmp_path).read_json("run.json")
    with pytest.raises(TrainingError, match="4 a weight: more than the limit MOST_WEIGHTS of 1,000"):
        folders.Folder(tmp_path).tensors("weights.safetensors")


def test_a_network_that_is_too_large_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = pytest.importorskip("archc.training.run")
    from archc.training.errors import TrainingError

    monkeypatch.setattr(runs, "MOST_WEIGHTS", 10)
    run = runs.Run(None, None, network(SPEC), None, None)
    with pytest.raises(TrainingError, match="more than the limit MOST_WEIGHTS of 10"):
        run.model()


@pytest.mark.parametrize("name", [name for name in vars(limits) if name.startswith("MOST_")])
def test_each_fixed_limit_is_documented(name: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "robustness.md").read_text(encoding="utf-8")
    assert f"| `{name}` | {getattr(limits, name):,} |" in text


# -- names and the environment -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["a" * 300, "\\u{d800}", "x\\u{0}y"])
def test_the_name_of_no_file_is_told(archc: Archc, path: str) -> None:
    Path("m.arch").write_text(f'from "{path}.arch" use B\nmodel m {{\n  input 3x8x8\n  B(8)\n}}\n', encoding="utf-8")
    said = archc("check", "m.arch")
    assert said.exit_code == 1 and "E0" in said.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux alone")
@pytest.mark.parametrize(
    "words", ["check", "check --format json", "check --format sarif", "count", "compile", "graph --json"]
)
def test_a_file_whose_name_is_no_utf8(process: Process, tmp_path: Path, words: str) -> None:
    name = b"caf\xe9.arch"
    Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_text(
        "model m {\n  input 3x8x8\n  Conv(8)\n}\n", encoding="utf-8"
    )
    done = process(*words.split(), os.fsdecode(name))
    assert done.returncode == 0, done.stderr


def test_a_terminal_without_the_letters(process: Process, tmp_path: Path) -> None:
    (tmp_path / "m.arch").write_text("model m {\n  input 3x8x8\n  Conv(8) \u2192 \ud55c\n}\n", encoding="utf-8")
    done = process("check", "m.arch", PYTHONIOENCODING="latin-1")
    assert done.returncode == 1 and "E0005" in done.stdout and "\\u2192" in done.stdout


def test_a_rank_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    session = pytest.importorskip("archc.training.session")
    from archc.training.errors import TrainingError

    monkeypatch.setenv("LOCAL_RANK", "abc")
    with pytest.raises(TrainingError, match="LOCAL_RANK is 'abc'"):
        session.rank()


# -- packages ----------------------------------------------------------------------------------------------------------

FAILING = (
    "from archc.ir.op import Example, Op\nclass Strange(Op):\n    family = 'activation'\n"
    "    examples = (Example('Strange', '8', '8'),)\n"
    "    def infer(self, xs):\n        raise RuntimeError('not today')\n"
)
BROKEN_OPS = {
    "raises": "raise RuntimeError('not today')\n",
    "exits": "import sys\nsys.exit(3)\n",
    "absent": None,
    "clashes": (
        "from archc.ir.op import Example, Op\nclass ReLU(Op):\n    family = 'activation'\n"
        "    examples = (Example('ReLU', '8', '8'),)\n    def infer(self, xs):\n        return xs[0]\n"
    ),
}


def with_package(folder: Path, text: str | None) -> str:
    """Python's path with a package whose ops have this text; None for an entry point without a module."""
    site = folder / "site"
    metadata = site / "strangers_ops-1.0.dist-info"
    metadata.mkdir(parents=True)
    if text is not None:
        (site / "strangers_ops.py").write_text(text, encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers-ops\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[archc.ops]\nmine = strangers_ops\n", encoding="utf-8")
    return os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])


def test_the_fault_of_another_package_is_not_called_archcs(process: Process, tmp_path: Path) -> None:
    (tmp_path / "m.arch").write_text("model m {\n  input 3x8x8\n  Conv(4) - Strange\n}\n", encoding="utf-8")
    done = process("count", "m.arch", PYTHONPATH=with_package(tmp_path, FAILING))
    assert done.returncode == 2 and "mistake in archc" not in done.stderr and "Traceback" not in done.stderr
    assert "the op `Strange` (strangers_ops) of another package failed: RuntimeError: not today" in done.stderr
    forget()


@pytest.mark.parametrize("how", BROKEN_OPS)
def test_a_broken_package_is_named_and_left_out(process: Process, tmp_path: Path, how: str) -> None:
    (tmp_path / "m.arch").write_text("model m {\n  input 3x8x8\n  Conv(4) - ReLU\n}\n", encoding="utf-8")
    done = process("count", "m.arch", PYTHONPATH=with_package(tmp_path, BROKEN_OPS[how]))
    assert done.returncode == 0, done.stderr
    assert "strangers" in done.stderr and "is left out" in done.stderr
    forget()
