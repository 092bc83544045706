"""What a checked network is: tensor types, the op contract, nodes, the structure that they were written in."""
