"""Importing PyTorch models as specs: recorded by running them, factored into blocks, and proved equal (docs/import.md).

The stages, each a plain function from one value to the next: `record` (module → `Recording`), `canonical` (→ `OpStep`s
in archc's ops), `scopes` (→ a tree of modules), `bodies` (→ chains), `unify`, `explain`, `guards` and `fold` (→ blocks
with parameters), `factor` (combines these), `spelled` (→ text), `importer` (runs all stages and proves the result).
Only `record`, `sources` and `importer` import torch.
"""
