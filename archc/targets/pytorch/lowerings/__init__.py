"""The lowering of each op, registered with `@lowers`. The folder is scanned; there is no list."""
