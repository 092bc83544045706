"""What every stage uses: the base classes of values (`record`), limits, shipped files, and escaping for tables."""
