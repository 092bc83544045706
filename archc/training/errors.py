"""The error of a run."""


class TrainingError(Exception):
    """A run cannot start or continue. The message says why, and what to do."""
