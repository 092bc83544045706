"""What runs networks. The only part of archc that imports torch."""
