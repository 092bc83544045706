"""The files of a run."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from archc.support.limits import MOST_RECORDED, MOST_WEIGHTS, beyond
from archc.support.record import Record
from archc.training.data import DataSplit
from archc.training.errors import TrainingError
from archc.training.images import Preprocess
from archc.training.record import RunRecord
from archc.training.settings import Plan

V = TypeVar("V", bound=RunRecord)
_BYTES = 4
"""Bytes of a number."""
SEAL, RESULT = "seal.json", "result.json"
FILES = (
    "run.json", "split.json", "preprocess.json", "versions.json", "model.py", "before.json", "start.json",
    "start.safetensors", "baselines.json", "lr.csv", "lr.svg", "record.json", "weights.safetensors", "predictions.json",
    "metrics.csv", "metrics.json",
)  # fmt: skip
"""The files of a run that precede its result, without those of its processes."""
SHOWN = (RESULT, "confusion.csv", "curves.svg", "report.html")
"""The files that it writes at the end."""


class Folder(Record):
    """A run's folder. Every file is written completely or not at all."""

    path: Path

    @property
    def last(self) -> Path:
        """The checkpoint to continue from."""
        return self.path / "checkpoints" / "last.ckpt"

    @property
    def best(self) -> Path:
        """The checkpoint with the best validation accuracy."""
        return self.path / "checkpoints" / "best.ckpt"

    def write(self, name: str, data: str | bytes) -> None:
        """Write a file. Raises `TrainingError`."""
        content = data if isinstance(data, bytes) else data.encode()
        atomically(self.path / name, lambda stream: stream.write(content))

    def write_json(self, name: str, value: object) -> None:
        """Write plain data as JSON. Raises `TrainingError`."""
        self.write(name, json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def read_json(self, name: str) -> Any:
        """Plain data from JSON. Raises `TrainingError`."""
        try:
            if (size := (self.path / name).stat().st_size) > MOST_RECORDED:
                raise TrainingError(f"{self.path / name} has {size:,} bytes, {beyond('MOST_RECORDED', MOST_RECORDED)}")
            return json.loads((self.path / name).read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            raise TrainingError(
                f"{self.path} is not the folder of a run, or an incomplete one: {name} is missing"
            ) from None

    def save(self, name: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
        """Write tensors as safetensors."""
        whole = {k: t.detach().cpu().contiguous().clone() for k, t in tensors.items()}
        self.write(name, save(whole, dict(metadata)))

    def tensors(self, name: str) -> dict[str, Tensor]:
        """The tensors of a safetensors file. Raises `TrainingError`."""
        try:
            if (size := (self.path / name).stat().st_size) > _BYTES * MOST_WEIGHTS:
                raise TrainingError(
                    f"{self.path / name} has {size:,} bytes, {_BYTES} a weight: {beyond('MOST_WEIGHTS', MOST_WEIGHTS)}"
                )
            with safe_open(self.path / name, "pt") as file:
                return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        except (OSError, SafetensorError) as error:
            raise TrainingError(f"cannot read {self.path / name}: {str(error).splitlines()[0]}") from None

    def text(self, name: str) -> str:
        """The text of a file, "" if there is none."""
        path = self.path / name
        return path.read_text("utf-8") if path.is_file() else ""

    def hashes(self, names: Iterable[str] | None = None) -> dict[str, str]:
        """The SHA-256 of those files that exist, by name; without names, of all that precede the result."""
        found: dict[str, str] = {}
        for name in names or (*FILES, *sorted(f.name for f in self.path.glob("rank*.json"))):
            if (self.path / name).is_file():
                with (self.path / name).open("rb") as stream:
                    found[name] = file_digest(stream, "sha256").hexdigest()
        return found

    def seal(self) -> None:
        """Write the hashes of everything that the run has written, at its beginning and at its end."""
        self.write_json(SEAL, self.hashes() | self.hashes(SHOWN))

    def sealed(self) -> dict[str, str]:
        """The hashes in the seal. Raises `TrainingError`."""
        found = self.read_json(SEAL)
        if not isinstance(found, dict) or not found:
            raise TrainingError(f"{self.path / SEAL} is not what a run writes")
        return found

    def sealed_at(self) -> float:
        """The time of the seal, in seconds since 1970."""
        return (self.path / SEAL).stat().st_mtime

    def done(self) -> bool:
        """Whether the run is finished: its seal contains a result. Raises `TrainingError`."""
        return RESULT in self.sealed()

    def tidy(self) -> None:
        """Remove the checkpoints of a finished run, whose weights are saved."""
        shutil.rmtree(self.last.parent, ignore_errors=True)

    def plan(self) -> Plan:
        """The plan of the run."""
        return self.value("run.json", Plan)

    def split(self) -> DataSplit:
        """The data of the run."""
        return self.value("split.json", DataSplit)

    def preprocess(self) -> Preprocess:
        """The preprocessing of the run."""
        return self.value("preprocess.json", Preprocess)

    def value(self, name: str, kind: type[V]) -> V:
        """A record from its JSON. Raises `TrainingError`."""
        data = self.read_json(name)
        try:
            return kind.model_validate_json(json.dumps(data))
        except ValueError:
            raise TrainingError(f"{self.path / name} was not written by this version of archc") from None


def atomically(path: Path, write: Callable[[Any], object]) -> None:
    """Write a temporary file, and rename it when it is complete and on the disk. Raises `TrainingError`.

    If this fails, the previous file remains.
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        temporary = ""
    except OSError as error:
        raise TrainingError(f"cannot write {path}: {error.strerror.lower() if error.strerror else error}") from None
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def _umask() -> int:
    """The permissions that new files lack. Reading the mask requires setting it, so it is restored."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
