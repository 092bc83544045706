"""E071x: specs as they were in a git revision, `HEAD~1:net.arch`."""

from __future__ import annotations

from archc.diagnostics.core import Problem, Setting

_FILES = (("tiny.arch", "model tiny {\n  input 3x8x8\n  conv: Conv(4) - ReLU\n}\n"),)


def _diff(wrong: str, committed: bool = True) -> Setting:
    """The example in which `wrong` is what is wrong."""
    return Setting(_FILES, f"archc diff {wrong} tiny.arch", "archc diff tiny.arch tiny.arch", committed=committed)


class NoRepository(Problem):
    """A spec is requested from a revision, `HEAD~1:net.arch`, but there is no git repository here, or no git.

    The path of the file is relative to the folder in which the command runs.
    """

    code = "E0711"
    title = "no repository"
    setting = _diff("HEAD:tiny.arch", committed=False)

    revision: str
    reason: str

    def message(self) -> str:
        return f"there is no revision {self.revision!r}: {self.reason}"

    def help(self) -> str:
        return "run the command in a git repository, or name two files"


class UnknownRevision(Problem):
    """The repository has no such commit: it is not a branch, tag or hash, or goes back too far.

    A shallow clone, as CI services make it, has only the last commits; `git fetch --unshallow` gets the others.
    """

    code = "E0712"
    title = "an unknown revision"
    setting = _diff("HEAD~9:tiny.arch")

    revision: str

    def message(self) -> str:
        return f"the repository has no commit {self.revision!r}"

    def help(self) -> str:
        return "`git log --oneline` shows the commits; a shallow clone has only the last ones"


class NotInRevision(Problem):
    """The revision exists, but there is no such file in it.

    The path is relative to the folder in which the command runs.
    """

    code = "E0713"
    title = "a file that a revision does not have"
    setting = _diff("HEAD:tinny.arch")

    revision: str
    path: str
    nearest: str = ""
    reason: str = "there is no such file"

    def message(self) -> str:
        return f"cannot read {self.path} in {self.revision}: {self.reason}"

    def help(self) -> str:
        return f"did you mean `{self.revision}:{self.nearest}`?" if self.nearest else ""
