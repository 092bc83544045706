"""How PyTorch writes each op: a rule for each, registered with `@lowers`. The folder is scanned; there is no list."""
