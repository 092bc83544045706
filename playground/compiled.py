"""Run by Pyodide when the playground is built: packs /wheel as /archc.zip, with bytecode instead of source."""

import compileall
import zipfile
from pathlib import Path
from py_compile import PycInvalidationMode

WHEEL = Path("/wheel")
UNUSED = ("cli", "importing", "runtime", "training")
"""Rooms for which there is no torch, and no terminal."""

compileall.compile_dir(
    WHEEL, quiet=1, legacy=True, stripdir="/wheel", invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
)
with zipfile.ZipFile("/archc.zip", "w") as made:
    for path in sorted(WHEEL.rglob("*")):
        name = path.relative_to(WHEEL)
        if path.is_file() and path.suffix != ".py" and not (len(name.parts) > 2 and name.parts[1] in UNUSED):
            made.writestr(zipfile.ZipInfo(name.as_posix()), path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)
