"""`archc watch`: what a spec comes to, again and again, in a terminal and in a page."""
