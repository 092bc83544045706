"""Syntax trees to checked networks: names, expressions, expansion, shape inference."""
