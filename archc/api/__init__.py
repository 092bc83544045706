"""The Python API: load a spec, then inspect, count, compile, draw, run and train its network."""

from __future__ import annotations

from archc.api.model import CompileError, Cost, Drawing, File, Level, Model
from archc.api.specs import InputShapes, check, compile_text, diff, import_module, load, sweep
from archc.api.training import finetune, predict, resume

__all__ = [
    "CompileError", "Cost", "Drawing", "File", "InputShapes", "Level", "Model", "check", "compile_text", "diff",
    "finetune", "import_module", "load", "predict", "resume", "sweep",
]  # fmt: skip
