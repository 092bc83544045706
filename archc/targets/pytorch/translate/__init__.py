"""Translation: from definitions to classes that are right for every argument the definition accepts."""

from archc.targets.pytorch.translate.errors import Monomorphic
from archc.targets.pytorch.translate.parameters import list_type
from archc.targets.pytorch.translate.translator import Translator

__all__ = ["Monomorphic", "Translator", "list_type"]
