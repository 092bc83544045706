"""Warnings: passes over a file without errors and its networks.

The problems are in `archc/diagnostics/problems/warnings/`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from archc.diagnostics.core import Reporter
from archc.diagnostics.problems.warnings.names import OtherName
from archc.diagnostics.problems.warnings.sizes import NarrowView
from archc.ir.network import Network
from archc.lint.alike import alike
from archc.lint.facts import lengths, scales, unknown_references
from archc.lint.layers import needless_layers, returned_probabilities, shared_norms
from archc.lint.meant import doubtful_structure, frozen_whole, unlikely_values
from archc.lint.sizes import doubtful_sizes, narrow_view
from archc.lint.spelling import needless_padding, other_names
from archc.lint.tokens import lost_before_params, misread_tokens
from archc.lint.unlikely import unlikely_layers, unread_inputs
from archc.syntax import tree
from archc.syntax.walk import Parts

__all__ = ["lint"]


def lint(
    file: tree.File,
    parts: Sequence[Parts],
    networks: Collection[Network],
    reporter: Reporter,
    asked: Collection[str] = (),
) -> None:
    """Report what is probably not meant in a file, with the `parts` of its declarations, and the networks in it.

    `asked` are the codes of opt-in warnings to report. Code of other files is not examined. Requires: the file has no
    errors.
    """
    unknown_references(file, reporter)
    lengths(file, networks, reporter)
    scales(file, networks, reporter)
    doubtful_structure(parts, reporter)
    frozen_whole(file, networks, reporter)
    needless_padding(parts, networks, reporter)
    if OtherName.code in asked:
        other_names(parts, reporter)
    shapes = (statement.shape for here in parts for statement in here.get(tree.InputStatement, ()))
    stated = [shape.dims if isinstance(shape, tree.Shape) else None for shape in shapes]
    for network in networks:
        layers = alike(network, file.span.file)
        known = unlikely_values(network, layers, file.span.file, reporter, stated)
        unlikely_layers(network, layers, reporter, known)
        misread_tokens(network, layers, reporter)
        lost_before_params(network, file.span.file, reporter)
        unread_inputs(network, file.span.file, reporter)
        needless_layers(network, file.span.file, reporter, known)
        returned_probabilities(network, file.span.file, reporter)
        shared_norms(network, file.span.file, reporter)
        doubtful_sizes(network, layers, reporter, known)
        if NarrowView.code in asked:
            narrow_view(network, file.span.file, reporter)
