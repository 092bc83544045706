"""A run's network for other programs: as safetensors, and as ONNX."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from safetensors.torch import save

from archc.training.errors import TrainingError
from archc.training.folder import Folder
from archc.training.prove import finished
from archc.training.trainer import quiet

TOLERANCE = 1e-4
"""The largest allowed difference between the logits of onnxruntime and torch."""


def as_safetensors(folder: Path) -> tuple[bytes, dict[str, object]]:
    """The weights, with the spec's hash, the classes and the preprocessing in the metadata. Raises `TrainingError`."""
    run = finished(Folder(folder))
    return save(run.folder.tensors("weights.safetensors"), run.metadata()), {}


def as_onnx(folder: Path) -> tuple[bytes, dict[str, object]]:
    """The network as ONNX for any batch, checked in onnxruntime. Raises `TrainingError`."""
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise TrainingError(f"{error.name} is not installed: pip install onnx onnxruntime onnxscript") from None
    run = finished(Folder(folder))
    model = run.trained()
    x = torch.randn(2, run.preprocess.channels, *run.preprocess.size)
    stream = io.BytesIO()
    with quiet():
        program = torch.onnx.export(
            model, (x,), dynamo=True, verbose=False, input_names=["image"], output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
        )  # fmt: skip
    assert program is not None
    onnx.save(program.model_proto, stream)
    loaded = onnx.load_from_string(stream.getvalue())
    for key, value in run.metadata().items():
        entry = loaded.metadata_props.add()
        entry.key, entry.value = key, value
    data = loaded.SerializeToString()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    x = torch.randn(3, run.preprocess.channels, *run.preprocess.size)
    with torch.inference_mode():
        difference = float((model(x) - torch.from_numpy(session.run(None, {"image": x.numpy()})[0])).abs().max())
    if not difference <= TOLERANCE:
        raise TrainingError(f"onnxruntime's logits differ from torch's by {difference:.2g}: nothing is written")
    return data, {"largest difference to torch": f"{difference:.1e}"}
