"""`archc count`: parameters, multiply-accumulates, operations and activations, and what follows from them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from archc.cli.specs import accepted, fail, opened, options, spec_options, without_errors

if TYPE_CHECKING:
    from archc.cli.counting import CountRequest
    from archc.count.counts import Counts
    from archc.ir.network import Network
    from archc.pipeline import Inputs

_TOOLS = ("torch", "fvcore", "ptflops", "thop", "torchinfo", "calflops")
_PARTS = ("formulas", "fields", "memory", "traffic", "training")
_FORMS = ("json", "csv", "markdown", "latex")
_DTYPES = ("float32", "float16", "bfloat16", "float64")


@click.command()
@spec_options(many=True, symbols=True)
@click.option("--json", "json_", is_flag=True, help="An object for one network, an array for several.")
@click.option("--csv", is_flag=True, help="One record for each row of the table.")
@click.option("--markdown", is_flag=True, help="The tables in Markdown.")
@click.option("--latex", is_flag=True, help="With --formulas: tables for a paper.")
@click.option("--by", type=click.Choice(["layer", "scope", "kind"]), help="What a row stands for.  [default: layer]")
@click.option("--depth", type=click.IntRange(1), metavar="N", help="Modules down to this depth; implies --by scope.")
@click.option("--top", type=click.IntRange(1), metavar="K", help="Only the K rows that cost most.")
@click.option(
    "--unit", type=click.Choice(["exact", "auto", "K", "M", "G"]), default="exact", help="The unit of large numbers."
)
@click.option("--formulas", is_flag=True, help="The derivation of each number, in the notation of the lecture.")
@click.option("--explain", metavar="PATH", help="Where the numbers of one layer come from in the spec.")
@click.option("--sweep", metavar="AXIS…", help="Many networks: input=128..512:32 classes=10,100 width=0.5,1.0")
@click.option("--fields", is_flag=True, help="Depth and receptive field of each layer.")
@click.option("--memory", is_flag=True, help="Peaks of activation memory, in inference and training.")
@click.option("--traffic", is_flag=True, help="Bytes read and written, and FLOPs per byte.")
@click.option("--training", is_flag=True, help="The backward pass, and the state of optimizers.")
@click.option("--convention", type=click.Choice([*_TOOLS, "all"]), help="What another tool prints, and why.")
@click.option("--batch", type=click.IntRange(1), default=1, metavar="N", help="Samples, for --memory.")
@click.option("--dtype", type=click.Choice(_DTYPES), default="float32", help="For --memory and --traffic.")
def command(
    spec: tuple[str, ...],
    input: Inputs,
    classes: int | None,
    by: str | None,
    explain: str | None,
    sweep: str | None,
    convention: str | None,
    **chosen: Any,
) -> None:
    """Count parameters, buffers, MACs (multiply-accumulates), FLOPs (2 x MACs + element-wise work) and activations.

    All numbers are exact and for one sample. Nothing is run, and torch is not imported. `archc count schema` describes
    the JSON form.

    \b
    Examples:
      archc count resnet50
      archc count resnet18 resnet50 --by scope --depth 1
      archc count vgg16 --top 5 --unit auto
      archc count lenet5 --formulas
      archc count resnet50 --explain layer3.0.conv2
      archc count resnet50 --convention all
      archc count densenet121 --memory --batch 32
      archc count googlenet --json
      archc count resnet50 --input 3xHxW
      archc count resnet50 --sweep input=128..512:32 classes=10,100,1000
    """
    if spec == ("schema",):
        from archc.count.document import schema

        click.echo(json.dumps(schema(), indent=2, ensure_ascii=False))
        return
    _sensible(by, explain, convention, chosen)
    if sweep is not None:
        _swept(spec, sweep, chosen, not input and classes is None and by is explain is convention is None)
        return
    if any(isinstance(dims, str) for _, dims in input):
        _symbolic(spec, input, chosen, classes is None and by is explain is convention is None)
        return
    if explain is not None:
        click.echo(_explained(spec, input, classes, explain), nl=False)
        return
    found = [accepted(one, input, classes) for one in spec]
    networks = [(network, checked.counted(name)) for checked in found for name, network in checked.networks.items()]
    click.echo(_printed(networks, by, convention, chosen).rstrip("\n"))


def _sensible(by: str | None, explain: str | None, convention: str | None, chosen: dict[str, Any]) -> None:
    """Exit with status 2 if options contradict each other."""
    forms = [form for form in ("json_", "csv", "markdown", "latex") if chosen[form]]
    parts = [part for part in _PARTS if chosen[part]] + ["convention"] * (convention is not None)
    if len(forms) > 1:
        fail("--json, --csv, --markdown and --latex are alternative formats: choose one")
    if chosen["csv"] and len(parts) > 1:
        fail(f"--csv writes a single table: choose one of {', '.join(f'--{p}' for p in parts)}")
    if chosen["latex"] and parts != ["formulas"]:
        fail("--latex is a format of --formulas")
    if chosen["depth"] is not None and by not in (None, "scope"):
        fail("--depth counts modules: it requires --by scope")
    if explain is not None and (forms or parts or by):
        fail("--explain cannot be combined with a format, another part or --by")


def _swept(spec: tuple[str, ...], first: str, chosen: dict[str, Any], alone: bool) -> None:
    """Print a sweep. Its further axes are among the SPECs: arguments that contain `=`."""
    from archc.cli.sweeping import swept

    specs = [one for one in spec if "=" not in one]
    if len(specs) != 1 or not alone or any(chosen[part] for part in (*_PARTS, "markdown", "depth", "top")):
        fail("--sweep takes one SPEC and axes such as input=128..512:32; of the other options, only --json and --csv")
    axes = [first, *(one for one in spec if "=" in one)]
    swept(specs[0], axes, "json" if chosen["json_"] else "csv" if chosen["csv"] else "table")


def _symbolic(spec: tuple[str, ...], input: Inputs, chosen: dict[str, Any], alone: bool) -> None:
    """Print formulas of unknown sizes."""
    from archc.cli.symbols import told

    if len(input) > 1 or input[0][0]:
        fail("formulas of unknown sizes need a network with one input, whose name is left out: --input 3xHxW")
    if not alone or any(chosen[part] for part in (*_PARTS, "csv", "markdown", "latex", "depth", "top")):
        fail("formulas of unknown sizes are written as text or as --json; no other option applies")
    told(spec, str(input[0][1]), as_json=chosen["json_"])


def _printed(
    networks: list[tuple[Network, Counts]], by: str | None, convention: str | None, chosen: dict[str, Any]
) -> str:
    """The output in the requested format."""
    from typing import cast

    from archc.cli.counting import CountRequest
    from archc.count.tables import By

    request = CountRequest(
        by=cast(By, by or ("scope" if chosen["depth"] is not None else "layer")),
        depth=chosen["depth"],
        top=chosen["top"],
        unit=chosen["unit"],
        parts=tuple(part for part in _PARTS if chosen[part]),
        conventions=() if convention is None else _TOOLS if convention == "all" else (convention,),
        batch=chosen["batch"],
        dtype=chosen["dtype"],
        bars=sys.stdout.isatty() and sys.stdout.encoding.lower().startswith("utf"),
    )
    if convention is None:
        return _in_form(networks, request, chosen)
    from archc.count.conventions import UnknownCount

    try:
        return _in_form(networks, request, chosen)
    except UnknownCount as unknown:
        fail(str(unknown))


def _in_form(networks: list[tuple[Network, Counts]], request: CountRequest, chosen: dict[str, Any]) -> str:
    from archc.cli import counting

    if chosen["json_"]:
        return counting.as_json(networks, request)
    if chosen["csv"]:
        return counting.as_csv(networks, request)
    if chosen["latex"]:
        return counting.as_latex(networks)
    return counting.as_markdown(networks, request) if chosen["markdown"] else counting.as_text(networks, request)


def _explained(spec: tuple[str, ...], input: Inputs, classes: int | None, path: str) -> str:
    """The derivation of one layer of each network."""
    from difflib import get_close_matches
    from functools import partial

    from archc.count.explain import explain, explainable
    from archc.diagnostics.render.places import place

    texts: list[str] = []
    for one in spec:
        checked = without_errors(opened(one).checked(options(input, classes)))
        for network in checked.networks.values():
            known = explainable(network)
            if path not in known:
                near = get_close_matches(path, known, n=1)
                hint = f"; did you mean {near[0]}?" if near else "; `--by layer` lists those that have a path"
                fail(f"{network.name} has no layer {path}{hint}")
            texts.append(explain(network, known[path], partial(place, sources=checked.sources)))
    return "\n".join(texts)
