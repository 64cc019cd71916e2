"""HTML by functions: whatever is not markup already is escaped, in texts and in attributes."""

from html import escape

Child = object  # Markup as it is; None and False as nothing; anything else as its escaped text
_VOID = frozenset({"input", "link", "meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, *children: Child, **attributes: object) -> Markup:
    """Return an element. `class_` gives `class`, `aria_label` gives `aria-label`.

    An attribute that is None or False is left out; True stands without a value.
    """
    head = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Markup(f"<{tag}{head}>")
    return Markup(f"<{tag}{head}>{join(*children)}</{tag}>")


def join(*children: Child) -> Markup:
    """Return the children one after another."""
    return Markup("".join(map(_text, children)))


def _text(child: Child) -> str:
    if child is None or child is False:
        return ""
    return child if isinstance(child, Markup) else escape(str(child))


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
