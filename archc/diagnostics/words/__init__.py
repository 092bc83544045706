"""What an unknown word may mean: a misspelling, or a word of another library (`words.toml`).

Takes a name and the names that are known, and gives a problem with the advice that fits.
"""

__all__ = ["given", "meaning", "modules", "near", "table", "unknown", "values"]
