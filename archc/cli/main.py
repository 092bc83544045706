"""The `archc` command: finds the commands and runs one."""

from __future__ import annotations

import gc
import pkgutil
from importlib import import_module

import click

import archc.cli.commands as commands
from archc import __version__

EPILOG = """\
SPEC is a file (x.arch), a member of one (x.arch:resnet50), a shipped network (resnet50) or family (resnet), - for
standard input, or a chain in quotes with --input.

\b
Examples:
  archc count resnet50
  archc compile "Conv-Pool-Conv-Pool-Conv-FC-FC(SM)" --input 1x32x32
  archc draw googlenet -o googlenet.svg
  archc zoo -o zoo

Exit status: 0 done, 1 there are errors in a spec, 2 used wrongly.

Completion: eval "$(_ARCHC_COMPLETE=bash_source archc)", likewise with zsh_source and fish_source.
"""


class Commands(click.Group):
    """The group of all commands. A command's module is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the command files."""
        return sorted(info.name for info in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(f"{commands.__name__}.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments start with; a near one is suggested for a misspelt one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(error.message + hint, ctx) from None


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="archc", message="%(prog)s %(version)s")
def cli() -> None:
    """Compile neural-network specs to PyTorch source, exact counts and figures."""


def main() -> None:
    """Run the command line."""
    gc.set_threshold(50_000, 20, 100)  # what the compiler makes lives to the end: looking for garbage costs a tenth
    cli(prog_name="archc")
