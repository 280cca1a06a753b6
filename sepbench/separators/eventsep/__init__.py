"""EventSep without its networks: from a prompt to a class, from frame scores to a mask, and two estimates into one.

The paper and its published code differ in many places; where they do, both are here and the choice has a name. Written
from the formulas.
"""
