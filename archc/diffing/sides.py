"""The sides of a diff: a spec in any of its forms, a spec in a git revision, or a PyTorch model.

`HEAD~1:net.arch` and `HEAD~1:net.arch:resnet50` are files of a commit, read from the folder in which the command runs;
what they import comes from the same commit. git is run without a shell, and is passed nothing that it could take for an
option: the revision follows `--end-of-options`, and everything else begins with the hash that it resolves to.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import PurePosixPath

from archc.diagnostics.core import Problem
from archc.diagnostics.problems.names import ImportNotFound
from archc.diagnostics.problems.revisions import NoRepository, NotInRevision, UnknownRevision
from archc.diagnostics.source import Source, readable
from archc.diagnostics.words.near import nearest
from archc.pipeline import Checked, Options, check
from archc.support.limits import LIMITS, Limits
from archc.support.record import Record, replace
from archc.zoo import ENDING, Files, Spec, find

_REVISION = re.compile(r"(?P<revision>[^:\0]+):(?P<path>[^:\0]+\.arch)(?::(?P<member>[A-Za-z_]\w*))?")
_MODEL = re.compile(r"(torchvision|timm):.+|.+\.py:[A-Za-z_]\w*(\(.*\))?", re.DOTALL)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_SECONDS = 60
"""The time limit for git, in seconds."""


class SideError(Exception):
    """A side of a diff is unavailable; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        said = "\n".join(filter(None, (problem.message(), problem.note())))
        super().__init__(f"{said}; {problem.help()}" if problem.help() else said)
        self.problem = problem


class OldSpec(Record):
    """A spec as it was in a revision."""

    source: Source
    member: str | None
    files: RevisionFiles

    def checked(self, options: Options) -> Checked:
        """The result of checking it."""
        return check(self.source, self.files.load, self.member, options)


class ModelSide(Record):
    """A PyTorch model, as `archc import` records it; for a comparison it need not be proved."""

    name: str

    def checked(self, options: Options) -> Checked:
        """The result of checking its spec. Raises `SideError`."""
        from archc.importing.importer import text_of
        from archc.importing.sources import find_source

        source = find_source(self.name, options.inputs)
        text = source if isinstance(source, Problem) else text_of(source)
        if isinstance(source, Problem) or isinstance(text, Problem):
            raise SideError(text if isinstance(text, Problem) else source)  # type: ignore[arg-type]
        return check(Source(self.name, text), Files().load, source.member, replace(options, inputs=()))


def side(text: str, limits: Limits = LIMITS) -> Spec | OldSpec | ModelSide:
    """The side of a diff that a user means. Only this function knows its possible forms.

    Raises:
        SideError: It is of a revision, and cannot be read.
        SpecError: It is a spec, and cannot be found or read.
    """
    parts = _REVISION.fullmatch(text)
    if parts is None and _MODEL.fullmatch(text):
        return ModelSide(text)
    if parts is None or _DRIVE.match(text) or os.path.exists(text) or parts["revision"].endswith(ENDING):
        return find(text, limits)
    files = RevisionFiles(parts["revision"], _commit(parts["revision"]), limits)
    return OldSpec(files.read(parts["path"]), parts["member"], files)


class RevisionFiles(Record):
    """The files of a commit, as seen from the folder in which the command runs."""

    revision: str
    commit: str
    limits: Limits

    def read(self, path: str) -> Source:
        """A file. Raises `SideError`."""
        made = _git("cat-file", "blob", f"{self.commit}:./{path}")
        if made.returncode:
            near = nearest(path, self._names())
            raise SideError(NotInRevision(revision=self.revision, path=path, nearest=near or ""))
        return Source(self._called(path), self._text(made.stdout, path))

    def load(self, path: str, importer: Source) -> Source | Problem:
        """The spec that an import names: a file of the same commit next to the importer, else a shipped one."""
        relative = PurePosixPath(path)
        if relative.is_absolute() or ".." in relative.parts or "\\" in path or "\0" in path:
            return ImportNotFound(path=path, reason="a path stays inside the folder of the spec")
        prefix = f"{readable(self.revision)}:"
        if importer.name.startswith(prefix):
            beside = (PurePosixPath(importer.name.removeprefix(prefix)).parent / relative).as_posix()
            made = _git("cat-file", "blob", f"{self.commit}:./{beside}")
            if not made.returncode:
                try:
                    return Source(self._called(beside), self._text(made.stdout, beside))
                except SideError as error:
                    return ImportNotFound(path=path, reason=error.problem.message())
        return Files(limits=self.limits).load(path, importer)

    def _called(self, path: str) -> str:
        return readable(f"{self.revision}:{path}")

    def _text(self, data: bytes, path: str) -> str:
        reason = ""
        if len(data) > self.limits.bytes:
            reason = "it is too large for a spec"
        else:
            try:
                return data.decode("utf-8-sig")
            except UnicodeDecodeError:
                reason = "it is not UTF-8 text"
        raise SideError(NotInRevision(revision=self.revision, path=path, reason=reason))

    def _names(self) -> list[str]:
        """The specs of the commit, in and below this folder."""
        made = _git("ls-tree", "-r", "-z", "--name-only", self.commit)
        names = made.stdout.decode("utf-8", "replace").split("\0") if not made.returncode else []
        return [name for name in names if name.endswith(ENDING)]


def _commit(revision: str) -> str:
    """The hash of the commit that a revision names. Raises `SideError`."""
    try:
        inside = _git("rev-parse", "--is-inside-work-tree")
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = "git is not installed" if isinstance(error, FileNotFoundError) else f"git cannot run: {error}"
        raise SideError(NoRepository(revision=revision, reason=reason)) from None
    if inside.returncode:
        said = inside.stderr.decode("utf-8", "replace").strip().splitlines()
        dubious = any("dubious ownership" in line for line in said)
        reason = "git does not trust the owner of this folder" if dubious else "this folder is in no git repository"
        raise SideError(NoRepository(revision=revision, reason=reason))
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    commit = found.stdout.decode("ascii", "replace").strip()
    if found.returncode or not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        raise SideError(UnknownRevision(revision=revision))
    return commit


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git without prompts, pager or write access, and without fetching by a command that the repository sets."""
    settings = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    settings |= {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
    command = ["git", "--no-pager", *arguments]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=settings, timeout=_SECONDS
    )
