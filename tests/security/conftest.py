"""The command line in the tests of security."""

from tests.cli.conftest import archc, process

__all__ = ["archc", "process"]
