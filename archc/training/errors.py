"""What goes wrong with a run, in one line."""


class TrainingError(Exception):
    """A run cannot start or go on. The message says why, and what would do."""
