"""Checks that archc without extras is small and works: `python -m tests.small_install` (`make small`).

It builds the wheel and installs it into a new environment, as a user would. Needs a package index.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from archc.support.extras import EXTRA

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 30.0
"""Megabytes that the installation may have, what Python compiled included."""
WORKS = (
    "check resnet", "count resnet50", "compile resnet50 -o r.py", "list", "explain E0301", "outline resnet18",
    "draw googlenet -o g.svg", "draw lenet5 -o l.html", "draw vgg16 -o v.tex", "compare vgg16 vgg19", "new tiny.arch",
)  # fmt: skip
LACKS = (
    "draw lenet5 -o l.png", "chart -o c.svg", "verify resnet18", "zoo -o z", "lsp", "finetune lenet5 --data . -o run",
    "predict run x.png",
)  # fmt: skip
PROGRAM = """
import json, sys
import archc
m = archc.load("resnet50")
told = {
    "params": m.count().params, "macs": m.count().macs, "source": len(m.source()),
    "svg": m.draw().to("svg").decode()[:4], "dot": m.draw().to("dot").decode()[:7], "loaded": sorted(sys.modules),
}
for what, ask in {"png": lambda: m.draw().to("png"), "torch": m.module}.items():
    try:
        ask()
    except ImportError as error:
        told[what] = str(error)
print(json.dumps(told))
"""


def run(*words: str | Path, cwd: Path, ok: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
    """Run a command outside of the clone."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(
        [str(word) for word in words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode in ok, f"{words}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended


def installed(folder: Path) -> tuple[Path, Path]:
    """The Python of a new environment with archc's wheel in it, and its site-packages."""
    pip = ("-m", "pip", "--quiet", "--disable-pip-version-check")
    run(sys.executable, *pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    place = folder / "env"
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    run(sys.executable, *pip, "--python", python, "install", "-c", ROOT / "constraints.txt", wheel, cwd=folder)
    (site,) = (place / "lib").glob("python*/site-packages")
    return python, site


def main() -> None:
    """Install, measure and try archc; print the results, or fail."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python, site = installed(folder)
        told = json.loads(run(python, "-c", PROGRAM, cwd=folder).stdout)
        assert (told["params"], told["macs"]) == (25_557_032, 4_089_184_256), told
        assert (told["svg"], told["dot"]) == ("<svg", "digraph") and told["source"] > 1000, told
        assert not set(EXTRA) & {module.split(".")[0] for module in told["loaded"]}, told["loaded"]
        assert told["png"] == "matplotlib is not installed: pip install 'archc[png]'", told["png"]
        assert told["torch"] == "torch is not installed: pip install 'archc[torch]'", told["torch"]
        archc = python.with_name("archc")
        for line in WORKS:
            run(archc, *line.split(), cwd=folder)
        for line in LACKS:
            said = run(archc, *line.split(), cwd=folder, ok=(2,)).stderr
            assert "pip install 'archc[" in said and "Traceback" not in said, f"{line}: {said}"
        size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) / 1e6
        packages = sorted(path.name.split("-")[0] for path in site.glob("*.dist-info"))
        print(f"{size:.1f} MB: {', '.join(packages)}")
        assert size < LARGEST, f"more than {LARGEST} MB"


if __name__ == "__main__":
    main()
