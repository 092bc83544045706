"""`archc list`: what is shipped."""

from __future__ import annotations

import json
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click

from archc.cli.specs import fail

if TYPE_CHECKING:
    from archc.count.counts import Counts
    from archc.ir.network import Network


@click.command()
@click.argument("name", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="An array with an object for each network.")
def command(name: tuple[str, ...], as_json: bool) -> None:
    """List the shipped networks by family, with their sizes, accuracy, reference and paper.

    NAME is a family or a network; * matches anything. Without one, all are listed.

    \b
    Examples:
      archc list
      archc list vgg 'resnet*_cifar'
      archc list --json
    """
    from archc.cli.processes import processes
    from archc.zoo import families

    with processes() as pool:
        found = list(pool.map(_family, [family for family in families() if _has_one(name, family)]))
    entries = [entry for listed, _ in found for entry in listed if _asked(name, entry)]
    if name and not entries:
        fail(f"no shipped family or network is called {' or '.join(name)}")
    if as_json:
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
    else:
        click.echo("".join(f"{line}\n" for line in _lines(entries)), nl=False)
    for _, errors in found:
        click.echo(errors, nl=False, err=True)
    sys.exit(1 if any(errors for _, errors in found) else 0)


def _family(name: str) -> tuple[list[dict[str, Any]], str]:
    """The entries of a family's networks, and its errors as text."""
    from archc.count.counts import count
    from archc.diagnostics.render import render
    from archc.pipeline import DEFAULTS
    from archc.zoo import find_family

    checked = find_family(name).checked(DEFAULTS)
    errors = render(checked.diagnostics, checked.sources) if checked.failed else ""
    return [_entry(network, count(network)) for network in checked.networks.values() if not network.partial], errors


def _entry(network: Network, counts: Counts) -> dict[str, Any]:
    """The entry of a network; `like`, `paper` and `top1` are null if its spec does not state them."""
    return {
        "name": network.name,
        "family": network.family,
        "like": network.fact("like"),
        "input": counts.input,
        "output": counts.output,
        "params": counts.params,
        "macs": counts.macs,
        "flops": counts.flops,
        "top1": network.fact("top1"),
        "paper": network.fact("paper"),
    }


def _has_one(names: tuple[str, ...], family: str) -> bool:
    """Whether a family, or one of the networks that its file defines, is requested."""
    from archc.zoo import ENDING, shipped_members

    meant = [family, *(member for member, file in shipped_members().items() if file == f"{family}{ENDING}")]
    return not names or any(fnmatchcase(one, name) for name in names for one in meant)


def _asked(names: tuple[str, ...], entry: dict[str, Any]) -> bool:
    """Whether one of the names is that of a network or of its family."""
    return not names or any(fnmatchcase(entry[key], name) for name in names for key in ("name", "family"))


def _lines(entries: list[dict[str, Any]]) -> list[str]:
    """A heading for each family with its papers, and a line for each network with its top-1 accuracy."""
    from archc.count.table import shape

    lines: list[str] = []
    width = max((len(e["name"]) for e in entries), default=0)
    family = paper = None
    for entry in entries:
        if entry["family"] != family:
            family, paper = entry["family"], None
            lines += [""] * bool(lines) + [family]
        if entry["paper"] != paper and (paper := entry["paper"]):
            lines.append(f"  {paper}")
        numbers = f"{entry['params']:>13,} params {entry['macs']:>15,} MACs"
        top1 = "" if entry["top1"] is None else f"top-1 {entry['top1']:.2f} %"
        about = f"{shape(entry['input']):<10}{numbers}  {top1:>13}  {entry['like'] or ''}"
        lines.append(f"  {entry['name']:<{width}}  {about}".rstrip())
    return lines
