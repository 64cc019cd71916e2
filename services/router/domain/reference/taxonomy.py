"""What complaints are about: main categories, those below them, and what each of them needs."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from services.router.domain.reference.table import TableProblem, TableRow, read_rows, refuse
from shared.contracts.identifiers import CATEGORY, main_category
from shared.contracts.value_objects import Frozen

NAME, NEEDS_NAME = "taxonomy.csv", "needs.csv"
COLUMNS = ("category", "name", "name_en", "needs", "words")
INVESTIGATION = "investigation"  # a column that may be left out: then no category asks for one
_MARKS = ("yes", "")
NEEDS_COLUMNS = ("need", "question", "question_en", "words")
MOST_MAIN = 64  # each is a label value of salur_cases_by_category, times six statuses
MOST = 400


class Need(Frozen):
    """What a report must tell (kelengkapan), how to ask for it, and words that show it is told."""

    code: str
    question: str
    question_en: str
    words: tuple[str, ...] = ()


class Category(Frozen):
    """What a complaint is about (kategori): `roads`, or below it `roads.street_light`.

    `investigation`: its reports need one (berkadar pengawasan).
    """

    slug: str
    name: str
    name_en: str
    needs: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    investigation: bool = False


class Taxonomy:
    """All categories of one version of the file; never changes."""

    def __init__(self, categories: Iterable[Category], needs: Mapping[str, Need]) -> None:
        by_slug = {one.slug: one for one in categories}
        self.categories: Mapping[str, Category] = MappingProxyType(by_slug)
        self.needs = MappingProxyType(dict(needs))
        inner = {main_category(slug) for slug in by_slug if "." in slug}
        self.leaves = frozenset(by_slug) - inner
        self.investigated = frozenset(slug for slug, one in by_slug.items() if one.investigation)
        self._named = _names(by_slug.values())

    def named(self, text: str | None) -> str | None:
        """Return the category that a slug, a name in either language or a word means, or None."""
        return self._named.get((text or "").strip().casefold())

    def needs_of(self, slug: str) -> tuple[Need, ...]:
        """Return what a report of this category must tell."""
        one = self.categories.get(slug)
        return tuple(self.needs[code] for code in one.needs) if one else ()


def covers(wider: str, slug: str) -> bool:
    """Tell whether `slug` is `wider` or lies below it."""
    return slug == wider or slug.startswith(f"{wider}.")


def parse_needs(text: str) -> Mapping[str, Need]:
    """Return the needs of a CSV text by their code.

    Raises:
        Misconfigured: a line breaks a rule; all wrong lines are named at once.
    """
    rows = read_rows(NEEDS_NAME, text, NEEDS_COLUMNS)
    problems = [problem for row in rows for problem in _need_problems(row)]
    refuse(NEEDS_NAME, problems + _repeated(rows, "need"))
    return {row.cells["need"]: _need(row) for row in rows}


def parse_taxonomy(text: str, needs: Mapping[str, Need]) -> Taxonomy:
    """Return the taxonomy of a CSV text; `needs` are those that its lines may name.

    Raises:
        Misconfigured: a line breaks a rule; all wrong lines are named at once.
    """
    rows = read_rows(NAME, text, COLUMNS)
    mains = {row.cells["category"] for row in rows if "." not in row.cells["category"]}
    problems = [problem for row in rows for problem in _problems(row, mains, needs)]
    refuse(NAME, problems + _repeated(rows, "category") + _too_many(rows, mains))
    return Taxonomy(map(_category, rows), needs)


def _names(categories: Iterable[Category]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    ordered = list(categories)
    for names in (
        lambda one: (one.slug,),
        lambda one: (one.name, one.name_en),
        lambda one: one.words,
    ):
        for one in ordered:
            for name in names(one):
                found.setdefault(name.casefold(), one.slug)
    return found


def _need(row: TableRow) -> Need:
    cells = row.cells
    return Need(
        code=cells["need"],
        question=cells["question"],
        question_en=cells["question_en"],
        words=row.parts("words"),
    )


def _category(row: TableRow) -> Category:
    cells = row.cells
    return Category(
        slug=cells["category"],
        name=cells["name"],
        name_en=cells["name_en"],
        needs=row.parts("needs"),
        words=row.parts("words"),
        investigation=row.cells.get(INVESTIGATION) == "yes",
    )


def _need_problems(row: TableRow) -> list[TableProblem]:
    found = row.width_problems()
    if not CATEGORY.fullmatch(row.cells["need"]) or "." in row.cells["need"]:
        found.append(row.problem("need", "lower-case letters, such as spot"))
    found += [
        row.problem(column, "the question to the reporter")
        for column in ("question", "question_en")
        if not row.cells[column]
    ]
    return found


def _problems(row: TableRow, mains: set[str], needs: Mapping[str, Need]) -> list[TableProblem]:
    found, slug = row.width_problems(), row.cells["category"]
    if not CATEGORY.fullmatch(slug):
        found.append(row.problem("category", "a slug such as roads or roads.street_light"))
    elif main_category(slug) not in mains:
        found.append(row.problem("category", f"a line for {main_category(slug)} too"))
    found += [
        row.problem(column, "a name for people")
        for column in ("name", "name_en")
        if not row.cells[column]
    ]
    # A need without words could never be met: nothing would show that a report tells it.
    unmet = [code for code in row.parts("needs") if code not in needs or not needs[code].words]
    if unmet:
        instead = f"needs of {NEEDS_NAME} that have words; {unmet[0]} is none"
        found.append(row.problem("needs", instead))
    if row.cells.get(INVESTIGATION, "") not in _MARKS:
        found.append(row.problem(INVESTIGATION, "yes, or nothing"))
    return found


def _repeated(rows: Sequence[TableRow], column: str) -> list[TableProblem]:
    first: dict[str, int] = {}
    found = []
    for row in rows:
        line = first.setdefault(row.cells[column], row.line)
        if line != row.line:
            found.append(row.problem(column, f"another one; line {line} has this"))
    return found


def _too_many(rows: Sequence[TableRow], mains: set[str]) -> list[TableProblem]:
    if not rows:
        return [TableProblem(2, "", "no line", "one category per line")]
    if len(mains) > MOST_MAIN:
        return [TableProblem(1, "", f"{len(mains)} main categories", f"at most {MOST_MAIN}")]
    if len(rows) > MOST:
        return [TableProblem(1, "", f"{len(rows)} categories", f"at most {MOST}")]
    return []
