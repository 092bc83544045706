"""The catalogue of problems, a module a stage. A problem is a class with a code, typed facts and words."""
