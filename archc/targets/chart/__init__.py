"""Charts, drawn with matplotlib from plain points and profiles. This package knows neither networks nor counts."""

__all__ = ["ball", "bars", "canvas", "points", "profile", "theme"]
