"""`python -m archc`."""

from archc.cli.main import main

main()
