"""Figures, pages and words made from a session's result; reads results only.

``figures`` draws, ``html`` writes the page, ``describe`` says it in words. Nothing is imported here: words are needed
by every command, and the library that draws takes half a second.
"""
