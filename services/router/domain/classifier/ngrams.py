"""The pieces of a word: runs of three to five letters, its ends marked.

They let a word that was never seen be understood by its relatives: affixes, spelling, typing
errors. They belong to the word alone, so their scores are added up once per word, not per text.
"""

SHORTEST, LONGEST = 3, 5


def char_ngrams(word: str) -> list[str]:
    """Return the different pieces of a word, in a fixed order; none of a number."""
    if word.startswith("<"):
        return []
    marked = f"^{word}$"
    found = dict.fromkeys(
        marked[start : start + size]
        for size in range(SHORTEST, LONGEST + 1)
        for start in range(len(marked) - size + 1)
    )
    return list(found)
