"""What each user of MongoDB may do, from the table of collections: in words, and for `mongosh`.

A service writes its own collections, or only adds to them, and reads those that name it as a
reader. The operator's commands save, restore and mend all of them.
"""

import json
from collections.abc import Mapping, Sequence

from deploy.markdown import markdown
from deploy.operate.provisioning.service_rights import OPERATOR, service_user
from shared.contracts.topics import SERVICES
from shared.database.collections import COLLECTIONS, CollectionSpec
from shared.settings import MongoSettings

READS, WRITES, ADDS = "reads", "writes", "adds to"
# Indexes are made by the service that writes the collection, when it starts.
ACTIONS: Mapping[str, Sequence[str]] = {
    READS: ("find",),
    WRITES: ("find", "insert", "update", "remove", "createCollection", "createIndex"),
    ADDS: ("find", "insert", "createCollection", "createIndex"),
}
_SETTINGS = MongoSettings()
DATABASES: Mapping[str, str] = {
    "cases": _SETTINGS.cases_database,
    "private": _SETTINGS.private_database,
}
Rights = Mapping[str, Mapping[str, Sequence[str]]]  # collections by database and by what is done


def rights_of(service: str) -> Rights:
    """Return which collections a service writes, only adds to and only reads, by database."""
    return {
        name: {
            WRITES: [one.name for one in _written(service, key) if not one.is_only_added_to],
            ADDS: [one.name for one in _written(service, key) if one.is_only_added_to],
            READS: [one.name for one in COLLECTIONS if _is(one, key) and service in one.readers],
        }
        for key, name in DATABASES.items()
    }


def _written(service: str, database: str) -> list[CollectionSpec]:
    return [one for one in COLLECTIONS if _is(one, database) and one.writer == service]


def _is(spec: CollectionSpec, database: str) -> bool:
    return spec.database == database


def users_text() -> str:
    """Return a table of the users, and the commands that make a role for each."""
    rows = [(f"`{service_user(one)}`", *map(_told, rights_of(one).values())) for one in SERVICES]
    rows.append((f"`{OPERATOR}`", *["all: the role `readWrite`"] * len(DATABASES)))
    head = ("user", *(f"in `{name}`" for name in DATABASES.values()))
    return f"{markdown(head, rows)}\n```js\n{_commands()}```\n"


def _told(collections: Mapping[str, Sequence[str]]) -> str:
    named = {does: ", ".join(f"`{one}`" for one in those) for does, those in collections.items()}
    return "; ".join(f"{does} {those}" for does, those in named.items() if those) or "nothing"


def _commands() -> str:
    """Return the program for `mongosh` that makes roles and users; it asks for the passwords."""
    granted = [{"role": "readWrite", "db": name} for name in DATABASES.values()]
    lines = (
        f"const actions = {json.dumps(ACTIONS)};",
        "const rights = {",
        *(f'  "{service_user(one)}": {json.dumps(rights_of(one))},' for one in SERVICES),
        "};",
        f'const operator = {{user: "{OPERATOR}", roles: {json.dumps(granted)}}};',
    )
    return "\n".join(lines) + f"\n{_PROGRAM}"


_PROGRAM = """\
const admin = db.getSiblingDB("admin");
for (const [user, databases] of Object.entries(rights)) {
  const privileges = Object.entries(databases).flatMap(([db, does]) =>
    Object.entries(does).flatMap(([what, names]) =>
      names.map(collection => ({resource: {db, collection}, actions: actions[what]}))));
  admin.createRole({role: user, privileges, roles: []});
  print(user); admin.createUser({user, pwd: passwordPrompt(), roles: [user]});
}
print(operator.user); admin.createUser({...operator, pwd: passwordPrompt()});
"""
