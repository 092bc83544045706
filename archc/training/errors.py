"""Errors of a run, in one line."""


class TrainingError(Exception):
    """A run cannot start or continue. The message says why, and what to do."""
