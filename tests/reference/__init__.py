"""A second implementation of `docs/language.md`, without archc: specs are read, expanded, counted and run."""
