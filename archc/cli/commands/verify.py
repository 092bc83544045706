"""`archc verify`: a proof that a network is what it says it is like."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.cli.specs import Shape, command_line, compiled, fail, spec_options

if TYPE_CHECKING:
    from archc.network.network import Network
    from archc.runtime.verify import Proof


@click.command()
@spec_options()
@click.option(
    "--against", metavar="REFERENCE", help="torchvision:NAME, timm:NAME or file.py:Class; else the spec's `like`."
)
@click.option("--weights", type=click.Path(path_type=Path), metavar="FILE", help="Check a .safetensors file instead.")
@click.option("--batch", type=click.IntRange(1, 1024), default=2, show_default=True, help="Samples to compare with.")
@click.option("--at", type=Shape(), metavar="CxHxW", help="The shape to compare outputs at, if not the network's own.")
@click.option("--gradients", is_flag=True, help="Compare the gradients of a loss as well.")
def command(
    spec: str,
    input: tuple[int, ...] | None,
    classes: int | None,
    against: str | None,
    weights: Path | None,
    batch: int,
    at: tuple[int, ...] | None,
    gradients: bool,
) -> None:
    """Compare networks with their references: weights load strictly, outputs are equal in both modes, counts agree.

    The reference gets random weights; nothing is downloaded. With --weights, a file is held against the spec: all its
    keys and shapes, and the spec's hash if the file has one. That needs no torch.
    Exit status: 0 all is equal, 1 something differs, 2 there is nothing to compare with.

    \b
    Examples:
      archc verify resnet50
      archc verify vgg
      archc verify my.arch:small --against model.py:Small
      archc verify flowers.arch --weights flowers.safetensors
    """
    networks = compiled(spec, input, classes)
    if weights is not None:
        _check_weights(networks, weights)
        return
    pairs = [(n, str(reference)) for n in networks.values() if (reference := against or n.fact("like")) is not None]
    if not pairs:
        fail(f"{spec} does not say what it is like; name a reference with --against")
    from archc import __version__
    from archc.diagnostics import Problem
    from archc.emit import emit
    from archc.runtime.verify import Settings, verify

    settings = Settings(batch=batch, input=at, gradients=gradients)
    status = 0
    for network, reference in pairs:
        source = emit((network,), command_line("compile", spec, input, classes), __version__)
        outcome = verify(source, network, reference, settings)
        if isinstance(outcome, Problem):
            helped = f"; {outcome.help()}" if outcome.help() else ""
            click.echo(
                f"{network.name}: {outcome.severity.value}[{outcome.code}]: {outcome.message()}{helped}", err=True
            )
            status = 2
        else:
            click.echo(shown(outcome))
            status = max(status, 0 if outcome.holds else 1)
    sys.exit(status)


def _check_weights(networks: Mapping[str, Network], file: Path) -> None:
    """Hold a safetensors file against a network; exits with 1 if it is not its state dict."""
    from archc.cli.commands.weights import matched
    from archc.runtime.weights.errors import WeightsError
    from archc.runtime.weights.files import read_header
    from archc.runtime.weights.match import match

    if len(networks) != 1:
        fail("a file holds the weights of one network: choose one with SPEC:NAME")
    (network,) = networks.values()
    try:
        header = read_header(file)
    except WeightsError as error:
        fail(str(error))
    found = match(network, None, header.shapes)
    click.echo(matched(found, network.name, str(file), {}, every=False))
    if header.digest is not None:
        same = "is the one" if header.digest == network.digest else f"(SHA-256 {header.digest[:16]}) IS NOT the one"
        click.echo(f"  the spec {same} they were trained with")
    sys.exit(0 if found.fits and header.digest in (None, network.digest) else 1)


def shown(proof: Proof) -> str:
    """A proof as a table."""
    versions = ", ".join(f"{name} {version}" for name, version in proof.versions)
    lines = [f"{proof.network} against {proof.reference} ({versions})"]
    width = max(len(row.name) for row in proof.rows)
    lines += [f"  {'equal' if row.holds else 'DIFFERS':<8}{row.name:<{width}}  {row.detail}" for row in proof.rows]
    lines.append(
        f"  {'proved' if proof.holds else 'not proved'}: batch of {proof.batch} at {'x'.join(map(str, proof.input))}"
    )
    return "\n".join(lines) + "\n"
