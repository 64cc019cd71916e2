"""Where the tables lie that this installation brings: institutions, categories, needs, rules."""

from pathlib import Path

TABLES = Path(__file__).parent / "data"
