"""The `archc` command: finds the commands and runs one."""

from __future__ import annotations

import dataclasses
import errno
import gc
import io
import os
import pkgutil
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from keyword import iskeyword

import click

import archc.cli.commands as commands
from archc import __version__
from archc.support.extras import missing
from archc.support.limits import LIMITS, Limits

_WITH_TENSORS = frozenset(
    {"finetune", "predict", "verify", "weights", "export", "prove", "evaluate", "embed", "import"}
)
"""The commands that run networks, whose objects are large."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
FAULT = 70
"""The exit status for an internal fault: EX_SOFTWARE of BSD's sysexits.h."""
INTERRUPTED = 130
"""The exit status after Ctrl-C, as of a shell: 128 + SIGINT."""
EPILOG = """\
SPEC is a file (x.arch), a member of one (x.arch:resnet50), a shipped network (resnet50) or family (resnet), - for
standard input, or a chain in quotes with --input.

\b
Examples:
  archc count resnet50
  archc compile "Conv-Pool-Conv-Pool-Conv-FC-FC(SM)" --input 1x32x32
  archc draw googlenet -o googlenet.svg
  archc zoo -o zoo

Exit status: 0 success, 1 errors in a spec, 2 wrong usage, 70 an internal fault of archc, 130 interrupted.

Completion: eval "$(_ARCHC_COMPLETE=bash_source archc)", likewise with zsh_source and fish_source.
"""


class Commands(click.Group):
    """The group of all commands. A command's module is imported on use."""

    @cached_property
    def found(self) -> tuple[str, ...]:
        """The names of the commands. The file of a Python keyword ends in an underscore: `import_.py`."""
        return tuple(sorted(info.name.rstrip("_") for info in pkgutil.iter_modules(commands.__path__)))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(self.found)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in self.found:
            return None
        file = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command = import_module(f"{commands.__name__}.{file}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments start with; for a misspelt one, the error suggests the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.found, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(error.message + hint, ctx) from None


class Limit(click.ParamType[tuple[str, int], str]):
    """A limit and its value: `layers=1000000`."""

    name = "limit"

    def convert(
        self, value: str | tuple[str, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """The name and the number."""
        if isinstance(value, tuple):
            return value
        known = [field.name for field in dataclasses.fields(Limits)]
        name, _, number = value.partition("=")
        if name not in known:
            self.fail(f"{name!r} is not a limit; the limits are {', '.join(known)}", param, ctx)
        if not number.isdecimal() or not 0 < int(number[:20]) < 2**53:
            self.fail(f"{value!r} is not NAME=N with a positive whole number, such as layers=1000000", param, ctx)
        return name, int(number)


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="archc", message="%(prog)s %(version)s")
@click.option(
    "--limit", type=Limit(), multiple=True, metavar="NAME=N", help="Raise or lower a limit, such as layers=1000000."
)
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour; auto: on a terminal."
)
@click.pass_context
def cli(ctx: click.Context, limit: tuple[tuple[str, int], ...], color: str) -> None:
    """Compile neural-network specs to PyTorch source, exact counts and figures."""
    ctx.color = None if color == "auto" else color == "always"
    ctx.obj = dataclasses.replace(LIMITS, **dict(limit))


def _tell_of_broken_ops() -> None:
    """Warn on standard error about ops of other packages that could not be loaded."""
    ops = sys.modules.get("archc.ops")  # not worth an import of its own
    if ops is None or not ops.broken():
        return
    from archc.diagnostics.render.display import escaped

    for point, why in ops.broken().items():
        click.echo(escaped(f"warning: the entry point {point} in {ops.GROUP} is left out: {why}"), err=True)


def main() -> None:
    """Run the command line and exit with its status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # characters that the terminal's encoding lacks are shown as escapes
            stream.reconfigure(errors="backslashreplace")
    if _WITH_TENSORS.isdisjoint(sys.argv):
        gc.disable()  # objects live until the end: all shipped specs take 150 MB
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status. An internal fault is reported in a few lines, without a traceback."""
    try:
        status = _status(arguments)
        _tell_of_broken_ops()
        sys.stdout.flush()
        return status
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:  # the reader has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ImportError as error:
        told = missing(error, next((word for word in arguments if not word.startswith("-")), ""))
        if told is None:
            _tell(error, arguments)
            return FAULT
        click.echo(f"error: {told}", err=True)
        return 2
    except Exception as error:
        from archc.diagnostics.render.display import escaped

        if isinstance(error, OSError) and error.errno in _FULL and error.filename is None:
            click.echo(f"error: cannot write to standard output: {os.strerror(error.errno).lower()}", err=True)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 2
        if os.environ.get("ARCHC_DEBUG") != "1" and (op := _op_of_others(error)):
            failed = f"error: the op {op} of another package failed: {type(error).__name__}: {error}"
            click.echo(f"{escaped(failed)}; ARCHC_DEBUG=1 shows where", err=True)
            return 2
        _tell(error, arguments)
        return FAULT


def _op_of_others(error: Exception) -> str:
    """The op of another package whose code raised an exception, with its module; empty if archc's own code did."""
    import traceback

    from archc.ops import registry

    others = {kind.__module__: kind for kind in registry().values() if not kind.__module__.startswith("archc.")}
    modules = [str(frame.f_globals.get("__name__", "")) for frame, _ in traceback.walk_tb(error.__traceback__)]
    last = next((name for name in reversed(modules) if name in others or name.startswith("archc.")), "")
    return f"`{others[last].kind()}` ({last})" if last in others else ""


def _status(arguments: Sequence[str]) -> int:
    """Run a command, and give its exit status."""
    try:
        status = cli.main(list(arguments), prog_name="archc", standalone_mode=False)
    except SystemExit as end:
        status = end.code
    return status if isinstance(status, int) else 0


def _tell(error: Exception, arguments: Sequence[str]) -> None:
    """Print the contents of a bug report about an internal fault to standard error."""
    import platform
    import shlex
    import traceback

    from archc.diagnostics.render.display import escaped

    if os.environ.get("ARCHC_DEBUG") == "1":
        traceback.print_exception(error)
        return
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "unknown"
    lines = (
        f"internal fault: {type(error).__name__} at {place}: {error}",
        *_place_of(error),
        "this is a mistake in archc, not in the spec; please report it with the spec and these lines:",
        f"  archc {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        f"  archc {shlex.join(arguments)}",
        "ARCHC_DEBUG=1 shows where it happened",
    )
    for line in lines:
        click.echo(escaped(line), err=True)


def _place_of(error: Exception) -> list[str]:
    """The lines of the spec for which a fault was found, if it names them."""
    from archc.diagnostics.render.text import excerpt
    from archc.diagnostics.source import Span
    from archc.zoo import source_called

    span = getattr(error, "span", None)
    source = source_called(span.file) if isinstance(span, Span) else None
    return excerpt(span, source).splitlines() if isinstance(span, Span) and source is not None else []
