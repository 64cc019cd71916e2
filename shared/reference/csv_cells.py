"""Cells that a spreadsheet program may open: none of them is taken for a formula.

A cell that begins with `=`, `+`, `-`, `@` (or the wide forms of East Asian keyboards) is written
with an apostrophe before it, as OWASP advises against CSV injection.
"""

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def escape_formula(cell: str) -> str:
    """Return a cell's text without white space around it, and never as a formula."""
    text = cell.strip()
    return f"'{text}" if text.startswith(_FORMULA) else text
