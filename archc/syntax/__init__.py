"""Spec text to syntax trees: the parser, the trees and the formatter."""
