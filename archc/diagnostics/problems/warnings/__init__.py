"""W…: what is allowed and probably not meant. `allow W0101` in a file silences one there."""
