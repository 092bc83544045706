"""Translation: from definitions to classes that are correct for every argument that the definition accepts."""

from archc.targets.pytorch.translate.errors import Monomorphic
from archc.targets.pytorch.translate.parameters import list_type
from archc.targets.pytorch.translate.translator import Translator

__all__ = ["Monomorphic", "Translator", "list_type"]
