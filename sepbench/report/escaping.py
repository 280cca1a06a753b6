"""Names and words of others, as text where a markup language would read them as markup."""

from __future__ import annotations

import re

from sepbench.errors import on_one_line

FORMULA = ("=", "+", "-", "@", "\t", "\r")
IN_MARKDOWN = "\\`*_[]|~"
IN_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",
    "*": "{*}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "\u2013": r"\textendash{}",
} | {letter: f"\\{letter}" for letter in "#$%&_{}"}


def markdown_text(text: str) -> str:
    """As text in a cell of a Markdown table.

    >>> markdown_text("a_b | <img>")
    'a\\\\_b \\\\| &lt;img>'
    """
    plain = on_one_line(text).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{letter}" if letter in IN_MARKDOWN else letter for letter in plain)


def latex_text(text: str) -> str:
    """As text in LaTeX; a row's end takes a bracket or a star that follows for its own.

    >>> print(latex_text("50 % of a_b --- {x}"))
    50 \\% of a\\_b -{}-{}- \\{x\\}
    """
    escaped = "".join(IN_LATEX.get(letter, letter) for letter in on_one_line(text))
    return re.sub("-(?=-)", "-{}", escaped)  # or they would become a dash


def sheet_text(text: str) -> str:
    """As text in a CSV file's cell: spreadsheets would reckon out what begins like a formula.

    >>> sheet_text("=1+1"), sheet_text("a=1")
    ("'=1+1", 'a=1')
    """
    return f"'{text}" if text.startswith(FORMULA) else text


def xml_text(text: str) -> str:
    """As text, or as an attribute's value, in SVG.

    >>> xml_text('<a href="x">')
    '&lt;a href=&quot;x&quot;&gt;'
    """
    from html import escape

    return escape(on_one_line(text), quote=True)
