"""Views: a standard's way to look at a result, as pure functions of the calculation document.

Every figure of a view cites its rule and states formula and inputs, so that anyone can replay it
(docs/replay.py does, without this software). Owns no store and weighs nothing twice.
"""
