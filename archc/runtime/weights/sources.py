"""Reading weights: from files, and by name through the publisher's loader.

Reading a pickle can run arbitrary code. Files are therefore read with `weights_only=True`, which builds tensors and
plain values and rejects everything else.
"""

from __future__ import annotations

import pickle
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from difflib import get_close_matches
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import torch
from torch import Tensor, nn

from archc.diagnostics.core import Problem
from archc.runtime.references import import_torchvision
from archc.runtime.weights.errors import WeightsError, needs
from archc.runtime.weights.files import ENDING, opened
from archc.runtime.weights.match import Match
from archc.support.record import Record

_INSIDE = ("state_dict", "model_state_dict", "model")
"""The entries under which checkpoints store the state dict."""


class Loaded(Record):
    """Tensors by key, their origin in words, and the file's metadata."""

    tensors: Mapping[str, Tensor]
    origin: str
    metadata: Mapping[str, str]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor."""
        return {key: tuple(t.shape) for key, t in self.tensors.items()}


def load(source: str) -> Loaded:
    """The weights that `source` names: a file, `torchvision:NAME[:WEIGHTS]`, `timm:NAME` or `hf:OWNER/REPO[:FILE]`.

    Raises `WeightsError`.
    """
    origin, colon, name = source.partition(":")
    by_name: dict[str, Callable[[str], Loaded]] = {"torchvision": _torchvision, "timm": _timm, "hf": _hub}
    if colon and origin in by_name:
        return by_name[origin](name)
    path = Path(source)
    if not path.is_file():
        hint = "names begin with torchvision:, timm: or hf:"
        raise WeightsError(f"there is no file {source!r}; {hint}")
    return _safetensors(path) if path.suffix == ENDING else _pickled(path)


def fill(module: nn.Module, tensors: Mapping[str, Tensor], match: Match) -> None:
    """Load the matched tensors into a module; all others are unchanged.

    Requires: `match.fits`, and the module is that of the matched network.
    """
    module.load_state_dict(module.state_dict() | taken(tensors, match), strict=True)


def taken(tensors: Mapping[str, Tensor], match: Match) -> dict[str, Tensor]:
    """The tensors to load, by the network's keys."""
    adapted = match.adapted()
    found = {key: tensors[source] for key, source in match.taken().items()}
    return {key: with_channels(t, adapted[key]) if key in adapted else t for key, t in found.items()}


def with_channels(weight: Tensor, channels: int) -> Tensor:
    """Convert the weight (out, 3, height, width) of a convolution over colour images to another number of channels.

    As in timm, channels are summed for one channel; otherwise they are repeated and scaled so that equal channels give
    the same result.
    """
    if channels == 1:
        return weight.sum(1, keepdim=True)
    times = -(-channels // weight.shape[1])
    return weight.repeat(1, times, 1, 1)[:, :channels] * (weight.shape[1] / channels)


def finite(loaded: Loaded) -> None:
    """Refuse weights with NaN or infinite numbers. Raises `WeightsError`."""
    wrong = [key for key, t in loaded.tensors.items() if t.is_floating_point() and not bool(torch.isfinite(t).all())]
    if wrong:
        told = f"{', '.join(wrong[:3])}{', …' if len(wrong) > 3 else ''}"
        number = f"{len(wrong)} tensor{'s' if len(wrong) > 1 else ''}"
        raise WeightsError(f"{loaded.origin} has NaN or infinite numbers in {number}: {told}")


# -- files ------------------------------------------------------------------------------------------------------------


def _safetensors(path: Path) -> Loaded:
    with opened(path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - the library's file is no mapping
        return Loaded(tensors, str(path), dict(file.metadata() or {}))


def _pickled(path: Path) -> Loaded:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns about a pickle's protocol before refusing its contents
            found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        first = str(error).splitlines()[0] if str(error) else "it is not a state dict"
        raise WeightsError(
            f"{path} is refused: it contains more than tensors, and reading it could run code ({first[:80]}); "
            "ask its author for a .safetensors file, or for a plain state_dict"
        ) from None
    except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise WeightsError(f"cannot read {path}: {str(error).splitlines()[0] if str(error) else error!r}") from None
    return Loaded(_state_dict(found, path), str(path), {})


def _state_dict(found: Any, path: Path) -> dict[str, Tensor]:
    for name in _INSIDE:
        if isinstance(found, dict) and isinstance(found.get(name), dict):
            found = found[name]
    if not isinstance(found, dict) or not found or not all(isinstance(v, Tensor) for v in found.values()):
        raise WeightsError(f"{path} holds no state dict: a dictionary of tensors")
    return {str(key): tensor for key, tensor in found.items()}


# -- by name ----------------------------------------------------------------------------------------------------------


def _fetched(what: str, load: Callable[[], Any]) -> Any:
    """Run a library's own loader; its messages are suppressed."""
    try:
        with redirect_stdout(sys.stderr):
            return load()
    except WeightsError:
        raise
    except ImportError as error:
        raise needs("finetune", error) from None
    except Exception as error:  # a loader may raise anything; most often there is no network
        reason = (str(error) or type(error).__name__).splitlines()[0][:160]
        raise WeightsError(
            f"cannot fetch {what}: {reason}; without a network, give a file (.safetensors or .pth)"
        ) from None


def _torchvision(name: str) -> Loaded:
    model, _, which = name.partition(":")
    library = import_torchvision()
    if isinstance(library, Problem):
        raise WeightsError(library.message())
    try:
        kinds = library.models.get_model_weights(model)
        weights = kinds[which] if which else kinds.DEFAULT
    except (ValueError, KeyError, AttributeError):
        known = ", ".join(kinds.__members__) if which and "kinds" in locals() else ""
        raise WeightsError(
            f"torchvision has no weights {name!r}" + (f"; of {model} it has {known}" if known else "")
        ) from None
    _as_published(Path(torch.hub.get_dir(), "checkpoints", PurePosixPath(urlsplit(weights.url).path).name))
    how = {"progress": sys.stderr.isatty(), "check_hash": True, "weights_only": True}
    state = _fetched(f"torchvision's {weights}", lambda: weights.get_state_dict(**how))
    return Loaded(dict(state), f"torchvision {weights}", {})


def _as_published(file: Path) -> None:
    """Refuse a cached file whose SHA-256 is not the one in its name: torch checks it only when downloading."""
    begins = torch.hub.HASH_REGEX.search(file.name)
    if begins is None or not file.is_file():
        return
    with file.open("rb") as stream:
        found = file_digest(stream, "sha256").hexdigest()
    if not found.startswith(begins[1]):
        raise WeightsError(
            f"{file} is not what was published: its SHA-256 begins with {found[:8]}, not {begins[1]}; "
            "delete it, and it will be downloaded again"
        )


def _timm(name: str) -> Loaded:
    def loaded() -> nn.Module:
        import timm

        if not timm.is_model(name.partition(".")[0]):
            near = get_close_matches(name, timm.list_models(), n=1)
            raise WeightsError(f"timm has no model {name!r}" + (f": did you mean {near[0]!r}?" if near else ""))
        made: nn.Module = timm.create_model(name, pretrained=True)
        return made

    return Loaded(_fetched(f"timm's {name}", loaded).state_dict(), f"timm {name}", {})


def _hub(name: str) -> Loaded:
    repository, _, file = name.partition(":")

    def loaded() -> str:
        from huggingface_hub import hf_hub_download

        return str(hf_hub_download(repository, file or f"model{ENDING}"))

    path = Path(_fetched(f"{repository} from the Hugging Face hub", loaded))
    found = _safetensors(path) if path.suffix == ENDING else _pickled(path)
    return Loaded(found.tensors, f"hf {name}", found.metadata)
