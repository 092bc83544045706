"""The command line. Each command is one file in `commands`; all input and output is here."""
