"""The speed of archc, compared with torchvision and fvcore in one run: `python -m benchmarks`, `make bench`."""
