"""The cost of specs at the edge of each limit: `python -m benchmarks.limits [COMMAND …]`.

Each line is a command in a separate process: its processor time, including the start, and its memory.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from archc.support.limits import LIMITS

COMMANDS = ("check", "fmt", "count", "draw", "compile")
M = "model m {\n  input 64x8x8\n  "
END = "\n}\n"


def cases() -> Mapping[str, str]:
    """Specs at the edge of a limit; the first word of a name is that limit."""
    layers, steps, items, words, size = LIMITS.layers - 2, LIMITS.steps, LIMITS.items, LIMITS.words, LIMITS.bytes - 60
    unit, never = "block B(n) { Conv(n) - BN - ReLU }\n", "ReLU if (false)"
    bodies = {
        "layers, of one kind": f"[ReLU]x{layers}",
        "layers, convolutions": f"[Conv(8) - BN - ReLU]x{layers // 3}",
        "layers, merges": f"[add {{ in | ReLU }}]x{layers // 2}",
        "layers, with names": f'[["a{{i}}_{{j}}": Conv(8)] x 100 as j] x {layers // 100} as i',
        "layers, of many outputs": f"[Conv(64) - Chunk(64) - Concat]x{layers // 66}",
        "words, layers": " - ".join(["Conv(8)"] * min(words // 5 - 10, layers)),
        "words, too many layers": "-".join(["ReLU"] * (words // 2 - 10)),
        "items, a range": f"for i in range({items}) {{ {never} }}",
        "items, a list": f"Conv(len([{', '.join(map(str, range(items)))}]))",
        "items, a text": f'"{"t" * items}"\n  ReLU',
        "steps, loops": f"for i in range({items}) {{ for j in range({steps // items}) {{ {never} }} }}",
        "bits": f"Conv(2 ** {LIMITS.bits - 1} // 2 ** {LIMITS.bits - 5})",
        "bytes, a text": f'"{"t" * size}"\n  ReLU',
        "bytes, a name": "a" * size,
        "bytes, a number": f"Conv({'9' * (size - 10)})",
    }
    files = {
        "layers, blocks": f"{unit}{M}[B(8)]x{layers // 3}{END}",
        "layers, blocks that differ": f"{unit}{M}[B(k + 1)] x {layers // 3} as k{END}",
        "steps, macros": doubled(never),
        "steps, fns": f"fn f(n) = f(n - 1) + f(n - 2) if n > 1 else n\n{M}Conv(f(40)){END}",
        "steps, texts": f'let a = "{"x" * 9_000}"\n{M}for i in range({items}) {{ ReLU if (a + "y" == "") }}{END}',
        "steps, lists": f"let a = [0] * 9_000\n{M}for i in range({items}) {{ ReLU if (len(a + a) == 0) }}{END}",
        "depth": nested(LIMITS.depth - 4),
        "words, statements": "let a = 1\n" * (words // 5),
        "words, mistakes": "Convv(\n" * (words // 3),
        "bytes, a comment": f"# {'x' * size}\n{M}ReLU{END}",
        "bytes, empty lines": "\n" * size + f"{M}ReLU{END}",
        "bytes, Korean": "가" * (size // 3),
        "bytes, quotes": '"' * size,
        "bytes, brackets": "(" * size,
    }
    return dict(sorted(({name: f"{M}{body}{END}" for name, body in bodies.items()} | files).items()))


def doubled(first: str) -> str:
    """Sixty macros, each twice the previous one."""
    steps = "".join(f"macro A{i + 1} = A{i} - A{i}\n" for i in range(60))
    return f"macro A0 = {first}\n{steps}{M}A60{END}"


def nested(depth: int) -> str:
    """Blocks nested in merges."""
    steps = "".join(f"block A{i + 1} {{ add {{ in | A{i} }} }}\n" for i in range(depth))
    return f"block A0 {{ ReLU }}\n{steps}{M}A{depth}{END}"


def measured(words: list[str], folder: str) -> tuple[int, float, float]:
    """The exit status of a command, its processor time in seconds, and its peak memory in MB."""
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        os.execv(sys.executable, [sys.executable, "-m", "archc", *words])
    _, status, used = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def lines(commands: tuple[str, ...], only: str = "") -> Iterator[str]:
    """A table in Markdown."""
    yield f"| limit, and how it is reached | {' | '.join(f'{c}, s | MB' for c in commands)} |"
    yield f"|---|{'---:|---:|' * len(commands)}"
    with TemporaryDirectory() as folder:
        for name, text in cases().items():
            if only and not name.startswith(only):
                continue
            cells = []
            for command in commands:
                Path(folder, "x.arch").write_text(text, encoding="utf-8")  # written each time, since `fmt` changes it
                words = [command, "x.arch", *(["-o", "x.svg", "--force"] if command == "draw" else [])]
                status, seconds, megabytes = measured(words, folder)
                cells.append(f"{seconds:.2f}{'' if status in (0, 1) else f' ({status})'} | {megabytes:.0f}")
            yield f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table for the given commands, or for all."""
    given = tuple(word for word in sys.argv[1:] if word in COMMANDS) or COMMANDS
    only = next((word for word in sys.argv[1:] if word not in COMMANDS), "")
    for line in lines(given, only):
        print(line, flush=True)


if __name__ == "__main__":
    main()
