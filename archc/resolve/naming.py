"""The valid names of values, parameters and modules."""

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
"""Names that have a meaning in emitted code."""

_WORDS = """
    T_destination add_module append apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half insert
    ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters
    pop probabilities register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train
    training type xpu zero_grad
    _apply _backward_hooks _backward_pre_hooks _buffers _call_impl _compiled_call_impl _forward_hooks
    _forward_hooks_always_called _forward_hooks_with_kwargs _forward_pre_hooks _forward_pre_hooks_with_kwargs
    _get_abs_string_index _get_backward_hooks _get_backward_pre_hooks _get_item_by_idx _get_name _is_full_backward_hook
    _load_from_state_dict _load_state_dict_post_hooks _load_state_dict_pre_hooks
    _maybe_warn_non_full_backward_hook _modules _named_members _non_persistent_buffers_set _parameters
    _register_load_state_dict_pre_hook _register_state_dict_hook _replicate_for_data_parallel _save_to_state_dict
    _slow_forward _state_dict_hooks _state_dict_pre_hooks _version _wrapped_call_impl
"""
MODULE_ATTRIBUTES = frozenset(_WORDS.split())
"""Attributes of `nn.Module`, `nn.Sequential` (PyTorch 2.13) or emitted classes; a test compares them with torch."""
OF_DICTIONARIES = frozenset({"clear", "items", "keys", "update", "values"})
"""Names that are allowed in a module, but not in an `nn.ModuleDict`."""
_NOT_IN_PATHS = frozenset('*?[]{}"\\`')
"""Characters with a meaning in a path or a string of a spec."""


def label_fault(name: str) -> str:
    """The reason why a label cannot be the name of a module, or of a nested one (`convs.0`); empty for a valid one."""
    parts = name.split(".")
    for place, part in enumerate(parts):
        if not part:
            return "a name is missing next to a dot" if "." in name else "it is empty"
        if not part.isprintable() or part != part.strip() or _NOT_IN_PATHS & set(part):
            return 'a name has no spaces at its ends, no control characters and none of * ? [ ] { } " ` \\'
        if part.startswith("__"):
            return "names that begin with two underscores are reserved by Python"
        if part in MODULE_ATTRIBUTES:
            return f"torch modules already have an attribute `{part}`"
        if place and part in OF_DICTIONARIES:
            return f"an `nn.ModuleDict` has `{part}` already"
    return ""


def can_be_label(name: str) -> bool:
    """Whether a module may be called `name`: torch allows it, and a path can contain it."""
    return not label_fault(name)


def label_text(name: str) -> str:
    """A label as it is written: in quotes unless it is an ASCII identifier."""
    return name if name.isidentifier() and name.isascii() else f'"{name}"'


def is_reserved(name: str) -> bool:
    """Whether a value or parameter may not be called `name`, because it has another meaning in Python."""
    return (
        keyword.iskeyword(name)
        or name in RESERVED
        or name.startswith("__")
        or (name.startswith("in_") and name[3:].isdigit())
        or name == "in_"
    )
