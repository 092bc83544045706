"""Words typed while the keyboard was set to Korean: `채ㅜㅍ` are the keys of `conv`."""

from __future__ import annotations

from archc.diagnostics.words.table import folded, table

_FIRST = "r R s e E f a q Q t T d w W c z x v g".split()
_VOWEL = "k o i O j p u P h hk ho hl y n nj np nl b m ml l".split()
_LAST = ["", *"r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g".split()]
_ALONE = "r R rt s sw sg e E f fr fa fq ft fx fv fg a q Q qt t T d w W c z x v g".split()
"""The keys of the letters that begin a syllable, are in it, end it, and stand alone, in the order of Unicode."""
_SYLLABLES, _CONSONANTS, _VOWELS = 0xAC00, 0x3131, 0x314F
_WORDS = frozenset(
    "model block macro variant input let for if else return add concat mul replace freeze expect".split()
)


def typed(text: str) -> str:
    """The layer or keyword whose keys make a Korean text; empty if none does."""
    word = "".join(map(_keys, text))
    ours = {folded(kind): kind for kind in table().ours}
    return word if word in _WORDS else ours.get(word.lower(), "") if len(word) > 1 else ""


def _keys(letter: str) -> str:
    code = ord(letter)
    if 0 <= code - _SYLLABLES < len(_FIRST) * len(_VOWEL) * len(_LAST):
        rest, last = divmod(code - _SYLLABLES, len(_LAST))
        first, vowel = divmod(rest, len(_VOWEL))
        return _FIRST[first] + _VOWEL[vowel] + _LAST[last]
    if 0 <= code - _CONSONANTS < len(_ALONE):
        return _ALONE[code - _CONSONANTS]
    return _VOWEL[code - _VOWELS] if 0 <= code - _VOWELS < len(_VOWEL) else letter
