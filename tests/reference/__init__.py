"""The language of `docs/language.md` a second time: read, expanded, counted and run without archc."""
