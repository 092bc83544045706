"""`archc watch`: the results of a spec, updated on each save, in a terminal and in a page."""
