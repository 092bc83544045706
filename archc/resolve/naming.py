"""Which names values, parameters and modules may have."""

from __future__ import annotations

import keyword

RESERVED = frozenset(
    {
        "self",
        "super",
        "torch",
        "nn",
        "math",
        "F",
        "Tensor",
        "OrderedDict",
        "NamedTuple",
        "in_channels",
        "range",
        "enumerate",
        "zip",
    }
)
"""Names that emitted code gives a meaning of its own."""

_WORDS = """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval
    extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules
    mtia named_buffers named_children named_modules named_parameters parameters probabilities register_backward_hook
    register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type xpu zero_grad
"""
MODULE_ATTRIBUTES = frozenset(_WORDS.split())
"""Names that `nn.Module` (PyTorch 2.13) or an emitted class uses itself; a test compares them with torch."""


def can_be_label(name: str) -> bool:
    """Whether a module may be called `name`: an identifier that is free in Python and in `nn.Module`."""
    return (
        name.isascii()
        and name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("_")
        and name not in MODULE_ATTRIBUTES
    )


def is_reserved(name: str) -> bool:
    """Whether a value or parameter may not be called `name`, because emitted Python could not call it so."""
    return (
        keyword.iskeyword(name)
        or name in RESERVED
        or name.startswith("__")
        or (name.startswith("in_") and name[3:].isdigit())
        or name == "in_"
    )
