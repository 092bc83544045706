"""The rooms that are mutated, and the tests that should notice, fast ones first."""

from __future__ import annotations

# fmt: off
ROOMS: dict[str, tuple[str, ...]] = {
    "archc/ops": (
        "tests/ops/test_rules.py", "tests/ops/test_registry.py", "tests/elaborate/test_sizes.py",
        "tests/ops/test_battery.py",
    ),
    "archc/count": (
        "tests/count/test_every_table.py", "tests/count/test_tables.py", "tests/count/test_explanations.py",
        "tests/count/test_counts.py", "tests/count/test_memory.py", "tests/count", "tests/test_symbolic.py",
    ),
    "archc/targets/pytorch": ("tests/emit/test_modules.py", "tests/reference/test_reference.py", "tests/emit"),
    "archc/ir": (
        "tests/network", "tests/emit/test_expressions.py", "tests/ops/test_rules.py", "tests/count/test_memory.py",
        "tests/reference/test_reference.py",
    ),
    "archc/elaborate": (
        "tests/elaborate/test_places.py", "tests/elaborate/test_expansion.py", "tests/elaborate/test_expressions.py",
        "tests/elaborate", "tests/emit/test_sharing.py", "tests/reference/test_reference.py",
        "tests/problems/test_catalogue.py",
    ),
}
# fmt: on
"""By room, what pytest is given. A room may be a folder or a file."""

SLOW = (
    "tests/problems/test_catalogue.py::test_pages",
    *(f"tests/problems/test_catalogue.py::test_examples[{code}]" for code in ("E0604", "E0605", "E0701")),
)
"""What is left out: these take long, and see no more than the others."""
