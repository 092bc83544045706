"""Mutants that no test can kill, or that are not worth one, each with its reason.

A mutant is known by its file and by its changed lines without indentation, `before` and `after`, as the report prints
them. An entry that no longer matches a mutant is reported: the code has changed, and the reason must be reconsidered.
"""

from __future__ import annotations

from typing import NamedTuple


class Equivalent(NamedTuple):
    """A mutant, and the reason why it is equivalent."""

    path: str
    before: str
    after: str
    reason: str


EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(
        "archc/count/counts.py",
        "sums[parent] = [a + b for a, b in zip(sums[parent], sums[index], strict=True)]",
        "sums[parent] = [a + b for a, b in zip(sums[index], sums[parent], strict=True)]",
        "a sum of numbers does not hang on their order",
    ),
    Equivalent(
        "archc/count/counts.py",
        "frozen: bool = False",
        "frozen: bool = True",
        "a row is copied with what its layer says before anything reads it",
    ),
    Equivalent(
        "archc/ir/data.py",
        "if sys.version_info >= (3, 12):",
        "if sys.version_info >= ((4), 12):",
        "either module has the same class; which one a Python needs, its own run of the tests tells",
    ),
    Equivalent(
        "archc/targets/pytorch/printing/text.py",
        "level = _LEVELS.get(operand.level, 9)",
        "level = _LEVELS.get(operand.level, (10))",
        "it is compared with levels of 9 at most: what binds as a call does and what binds more are the same",
    ),
    *(
        Equivalent(
            "archc/targets/pytorch/passes/unroll.py",
            "_FEW = 8",
            f"_FEW = ({number})",
            "where a loop is no longer written out is a matter of taste: either form is the network",
        )
        for number in (7, 9)
    ),
    *(
        Equivalent(
            "archc/targets/pytorch/passes/nesting.py",
            "return inner + 7 + (len(str(name.value)) if isinstance(name, Const) else 30)",
            f"return inner + 7 + (len(str(name.value)) if isinstance(name, Const) else ({number}))",
            "an estimate of how long a computed name is: a character more or less chooses between two right forms",
        )
        for number in (29, 31)
    ),
    Equivalent(
        "archc/targets/pytorch/printing/forms.py",
        'return PrintedModule(f"nn.Sequential({listed(children)})", Sequential(_all(children), True))',
        'return PrintedModule(f"nn.Sequential({listed(children)})", Sequential(_all(children), False))',
        "`named` tells how a sequence is printed: of what has been printed, only the children are read",
    ),
    Equivalent(
        "archc/targets/pytorch/translate/body.py",
        "listed = [-1 - i for i in range(len(inputs) - len(over) + 1)] if definition.rest else []",
        "listed = [-(2) - i for i in range(len(inputs) - len(over) + 1)] if definition.rest else []",
        "numbers below 0 under which the tensors of a list are kept until they are listed: any are as good",
    ),
    *(
        Equivalent(
            "archc/targets/pytorch/inplace.py",
            "return False if False in sides else None if None in sides else True",
            after,
            "the choices of a sequence are statements: none of its modules is a `Choose`",
        )
        for after in (
            "return False if True in sides else None if None in sides else True",
            "return False if (False not in sides) else None if None in sides else True",
        )
    ),
)
