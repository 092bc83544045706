"""Specialising passes: each keeps the modules and the graph of a class for every argument that it takes."""
