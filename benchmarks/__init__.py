"""How fast archc is, beside torchvision and fvcore in the same run: `python -m benchmarks`, `make bench`."""
