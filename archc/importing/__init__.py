"""A PyTorch model becomes a spec: recorded by running it, factored into blocks, and proved equal (docs/import.md).

The stages, each a plain function from one value to the next: `record` (module → `Recording`), `canonical` (→ `OpStep`s
in archc's ops), `scopes` (→ a tree of modules), `bodies` (→ chains), `unify`, `explain`, `guards` and `fold` (→ blocks
with parameters), `factor` (puts these together), `spelled` (→ text), `importer` (runs all, and proves). Only `record`,
`sources` and `importer` import torch.
"""
