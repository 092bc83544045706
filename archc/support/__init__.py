"""What every stage uses: the bases of classes, limits, shipped files."""
