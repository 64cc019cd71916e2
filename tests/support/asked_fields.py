"""Stands for the database, and keeps the names of fields that stores ask for, look by and write.

What a field of a document holds follows from its type, so that `history.outcome` is looked up too.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast, get_args, get_type_hints, is_typeddict

from pydantic import BaseModel
from pymongo import DeleteMany, IndexModel, InsertOne, ReplaceOne, UpdateMany, UpdateOne

Document = Mapping[str, Any]


class AskedDatabase:
    """Finds in each collection what the test gave it, whatever is asked for."""

    def __init__(self, found: Mapping[str, Sequence[Document]] | None = None) -> None:
        self.names: defaultdict[str, set[str]] = defaultdict(set)
        self.written: defaultdict[str, list[Document]] = defaultdict(list)
        self._found = found or {}

    def cases(self, name: str) -> "AskedCollection":
        return self.private(name)

    def private(self, name: str) -> "AskedCollection":
        return AskedCollection(self._found.get(name, ()), self.names[name], self.written[name])


class AskedCollection:
    """One collection of it; `written` are documents and changes, in the order of the writes."""

    def __init__(self, found: Sequence[Document], names: set[str], written: list[Document]) -> None:
        self._found = found
        self._names = names
        self._written = written

    async def find(
        self,
        where: Document,
        *,
        fields: Sequence[str] = (),
        sort: Sequence[tuple[str, int]] = (),
        **_: object,
    ) -> list[Document]:
        self._names.update(fields, (name for name, _ in sort), named_in_filter(where))
        return list(self._found)

    async def find_one(self, where: Document, *, fields: Sequence[str] = ()) -> Document | None:
        found = await self.find(where, fields=fields)
        return found[0] if found else None

    async def write(self, writes: Sequence[Any]) -> list[int]:
        for one in writes:
            self._note(one)
        return []

    async def update(self, where: Document, change: Document, **_: object) -> int:
        self._note(UpdateMany(where, change))
        return 1

    async def delete(self, where: Document) -> int:
        self._note(DeleteMany(where))
        return 1

    async def count(self, where: Document) -> int:
        self._names.update(named_in_filter(where))
        return 0

    async def aggregate(self, pipeline: Sequence[Document], **_: object) -> list[Document]:
        for step in pipeline:
            self._names.update(named_in_filter(step.get("$match", {})))
            self._names.update(_named_in_group(step.get("$group", {})))
        return []

    async def ensure_indexes(self, indexes: Iterable[IndexModel]) -> None:
        self._names.update(*(index.document["key"] for index in indexes))

    def _note(self, write: Any) -> None:
        if not isinstance(write, InsertOne):
            self._names.update(named_in_filter(write._filter))
        if isinstance(write, InsertOne | ReplaceOne):
            self._names.update(write._doc)
            self._written.append(write._doc)
        if isinstance(write, UpdateOne | UpdateMany):
            change = cast("dict[str, Document]", write._doc)  # never a pipeline here
            self._names.update(*change.values())
            self._written.append(change)


def named_in_filter(where: Document) -> set[str]:
    """Return the fields that a filter looks at."""
    return set(_named(where))


def _named(where: Document) -> Iterator[str]:
    for name, value in where.items():
        if name in ("$and", "$or"):
            for part in value:
                yield from _named(part)
        elif isinstance(value, Mapping) and "$elemMatch" in value:
            yield from (f"{name}.{inner}" for inner in _named(value["$elemMatch"]))
        else:
            yield name


def _named_in_group(part: object) -> Iterator[str]:
    if isinstance(part, str) and part.startswith("$"):
        yield part[1:]
    if isinstance(part, Mapping):
        for inner in part.values():
            yield from _named_in_group(inner)


def unknown_fields(asked: Iterable[str], kind: type) -> set[str]:
    """Return which of the fields asked for no document of this kind has."""
    return {name for name in asked if name != "_id" and not _has(kind, name)}


def _has(kind: object, path: str) -> bool:
    name, _, rest = path.partition(".")
    inner = fields_of(kind)
    return name in inner and (not rest or _has(inner[name], rest))


def fields_of(kind: object) -> Mapping[str, object]:
    """Return the fields, each with its type, of a model, a typed dictionary or what holds one."""
    if is_typeddict(kind):
        return get_type_hints(kind, include_extras=True)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    return {name: of for part in get_args(kind) for name, of in fields_of(part).items()}
