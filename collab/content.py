"""What a deck or table says, as plain values, and how one document is made to say what another says.

Laws: `plain` is equal exactly if a person would see the same. `rewrite` changes only what differs, key by key and
paragraph by paragraph, so that everything else keeps its identity and its author; rows and columns that are too many
are put to the dead and not deleted, as the editors do. Shared types are copied, never moved.
"""

from __future__ import annotations

from typing import Any, Final

from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from .errors import StateError

ROOTS: Final = ("meta", "cols", "rows", "dead", "slides")
_BURIED: Final = ("cols", "rows")  # whose entries go to `dead`


def load(state: bytes, client_id: int | None = None) -> Doc[Any]:
    """Return a document with this state."""
    doc: Doc[Any] = Doc(client_id=client_id)
    doc.apply_update(state)
    return doc


def shown(doc: Doc[Any]) -> dict[str, Any]:
    """Return everything that a deck or table says."""
    return {name: plain(doc.get(name, type=Map)) for name in ROOTS}


def plain(value: Any) -> Any:
    """Return a shared type as plain values."""
    if isinstance(value, Map):
        return {key: plain(value[key]) for key in sorted(value.keys())}
    if isinstance(value, Array):
        return [plain(item) for item in value]
    if isinstance(value, XmlText | Text):
        return [(str(part), attributes) for part, attributes in value.diff()]
    if isinstance(value, XmlElement):
        return (value.tag, _attributes(value), [plain(child) for child in value.children])
    if isinstance(value, XmlFragment):
        return [plain(child) for child in value.children]
    return value


def _attributes(element: XmlElement) -> list[tuple[str, Any]]:
    found: Any = element.attributes  # a view that can only be walked through
    return sorted(found)


def rewrite(doc: Doc[Any], wanted: Doc[Any]) -> None:
    """Make `doc` say what `wanted` says, as an edit of its own; raises StateError(not_restorable)."""
    if doc.get("meta", type=Map).get("kind") is None or wanted.get("meta", type=Map).get("kind") is None:
        raise StateError("not_restorable", "this document has no shape that could be restored")
    with doc.transaction():
        for name in ROOTS:
            if name != "dead":
                _rewrite_map(doc.get(name, type=Map), wanted.get(name, type=Map), keeps=name in _BURIED)
        _bury(doc, wanted)


def _bury(doc: Doc[Any], wanted: Doc[Any]) -> None:
    dead = doc.get("dead", type=Map)
    graves = dict(wanted.get("dead", type=Map).items())
    for name in _BURIED:
        lines = doc.get(name, type=Map)
        for gone in set(lines.keys()) - set(wanted.get(name, type=Map).keys()):
            line = lines[gone]
            position = line.get("!") if isinstance(line, Map) else None
            graves[gone] = dead.get(gone) or (position if isinstance(position, str) else "V")
    for key in sorted(set(dead.keys()) - set(graves)):
        del dead[key]
    for key in sorted(graves):
        if dead.get(key) != graves[key]:
            dead[key] = graves[key]


def _rewrite_map(current: Map[Any], wanted: Map[Any], keeps: bool = False) -> None:
    for key in sorted(set(current.keys()) - set(wanted.keys())):
        if not keeps:
            del current[key]
    for key in sorted(wanted.keys()):
        old, new = current.get(key), wanted[key]
        if isinstance(old, Map) and isinstance(new, Map):
            _rewrite_map(old, new)
        elif isinstance(old, XmlFragment) and isinstance(new, XmlFragment):
            _rewrite_children(old, new)
        elif key not in current or type(old) is not type(new) or plain(old) != plain(new):
            put(current, key, new)


def _rewrite_children(current: XmlFragment, wanted: XmlFragment) -> None:
    """Replace the run of children between those that are equal at the beginning and at the end."""
    old, new = [plain(child) for child in current.children], [plain(child) for child in wanted.children]
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    for _ in range(len(old) - start - end):
        del current.children[start]
    for index, child in enumerate(list(wanted.children)[start : len(new) - end], start):
        _insert(current, index, child)


def put(target: Map[Any], key: str, value: Any) -> None:
    """Write a copy of a value, shared or plain, into a map."""
    if isinstance(value, Map):
        target[key] = Map()
        for name in sorted(value.keys()):
            put(target[key], name, value[name])
    elif isinstance(value, XmlFragment):
        target[key] = XmlFragment()
        for index, child in enumerate(value.children):
            _insert(target[key], index, child)
    elif isinstance(value, Text):
        target[key] = Text(str(value))
    elif isinstance(value, Array):
        target[key] = Array([plain(item) for item in value])
    else:
        target[key] = value


def _insert(parent: XmlFragment | XmlElement, index: int, child: Any) -> None:
    if isinstance(child, XmlText):
        made = parent.children.insert(index, XmlText(""))
        for part, attributes in child.diff():
            made.insert(len(made), str(part), attributes)
        return
    element = parent.children.insert(index, XmlElement(child.tag, dict(_attributes(child))))
    for number, grandchild in enumerate(child.children):
        _insert(element, number, grandchild)
