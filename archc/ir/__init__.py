"""The intermediate representation: types, the contract of an op, nodes, and the structure that they were written in.

Every stage after resolution reads or makes it, so all of its modules are open to other rooms: `network` and `types`
first, then `op` with `arguments`, `cost` and `window`, and `expr` for expressions.
"""
