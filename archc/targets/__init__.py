"""What a network is turned into: each target is a reader of the network with a folder of its own."""
