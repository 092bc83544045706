"""Repairs: suggested edits made, and the smallest change searched that makes a network check."""
