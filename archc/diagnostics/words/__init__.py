"""What an unknown word may mean: a slip of the hand, or the word of another library, which `words.toml` has."""
