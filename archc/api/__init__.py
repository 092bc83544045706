"""archc from Python: load a spec, then look at it, count, compile, draw, run and train it."""

from __future__ import annotations

from archc.api.model import CompileError, Cost, Drawing, File, Level, Model
from archc.api.specs import InputShapes, check, compile_text, diff, import_module, load, sweep
from archc.api.training import finetune, predict, resume

__all__ = [
    "CompileError", "Cost", "Drawing", "File", "InputShapes", "Level", "Model", "check", "compile_text", "diff",
    "finetune", "import_module", "load", "predict", "resume", "sweep",
]  # fmt: skip
