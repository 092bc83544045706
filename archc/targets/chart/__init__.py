"""Charts, drawn by matplotlib. This room knows neither networks nor counts.

Takes plain points and profiles and gives pictures.
"""

__all__ = ["ball", "bars", "canvas", "points", "profile", "theme"]
