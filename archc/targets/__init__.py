"""What a network is turned into. Each target reads the network, has its own folder and knows no other target."""

__all__ = ["chart", "figure", "outline", "pytorch"]
