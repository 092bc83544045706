"""The command line in the tests of warnings."""

from tests.cli.conftest import archc

__all__ = ["archc"]
