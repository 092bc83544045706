"""Network -> costs: parameters, multiply-accumulates, operations, activations; and tables of them."""
