"""When garbage is collected: not while somebody waits for an answer.

To go through all that is kept of a family of twenty networks takes up to a second: shells switch the collector off, and
call `tidy` in a pause.
"""

from __future__ import annotations

import gc
from itertools import count

_THOROUGHLY = 20
"""Every so many times garbage is sought among what is kept, too."""
_TIDIED = count(1)


def tidy() -> None:
    """Collect the garbage among what was made since the last time. To be called when nobody waits for anything."""
    if next(_TIDIED) % _THOROUGHLY == 0:
        gc.unfreeze()
    gc.collect()
    gc.freeze()
