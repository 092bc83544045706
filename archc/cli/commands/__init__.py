"""The commands, one file each: its `command` is the click command. The folder is scanned; there is no list to maintain.

A module imports click and its neighbours at the top, and everything else where it is needed, so that help is instant.
"""
