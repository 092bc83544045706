"""What a network is turned into. Each target reads the network, has a folder of its own and knows no other target."""

__all__ = ["chart", "figure", "outline", "pytorch"]
