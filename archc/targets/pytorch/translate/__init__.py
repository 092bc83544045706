"""From definitions to classes: each is right for every argument that its definition takes."""

from archc.targets.pytorch.translate.errors import Monomorphic
from archc.targets.pytorch.translate.translator import Translator

__all__ = ["Monomorphic", "Translator"]
