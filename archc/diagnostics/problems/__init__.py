"""The catalogue of problems, one module for each stage. A problem is a class with a code, typed facts and words.

The folder is scanned (`catalogue`); there is no list to maintain.
"""
