"""The report of a training or an evaluation: JSON, Markdown and pictures in one folder."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from deploy.model.datasets.csv_table import write_file
from deploy.model.reporting.charts import confusion_picture, coverage_picture, reliability_picture
from deploy.model.training.figures import Figures
from deploy.model.training.thresholds import TARGET, Decided, LabelDecided

Summary = Mapping[str, object]


def write_report(folder: Path, summary: Summary, figures: Figures, decided: Decided) -> None:
    """Write report.json, report.md, reliability.svg, coverage.svg and confusion.svg.

    Raises:
        Misconfigured: the folder cannot be written to.
    """
    content = {"summary": summary, "figures": asdict(figures), "decided": asdict(decided)}
    files = {
        "report.json": json.dumps(content, ensure_ascii=False, indent=2) + "\n",
        "report.md": markdown(summary, figures, decided),
        "reliability.svg": reliability_picture(figures.reliability),
        "coverage.svg": coverage_picture(figures.curve),
        "confusion.svg": confusion_picture(figures.worst),
    }
    for name, text in files.items():
        write_file(folder / name, text.encode())


def figures_line(figures: Figures) -> dict[str, object]:
    """Return the figures of a command's last line."""
    return {
        "texts": figures.texts,
        "labels": figures.labels,
        "accuracy": round(figures.accuracy, 4),
        "macro_f1": round(figures.macro_f1, 4),
        "top3": round(figures.top3, 4),
        "ece": round(figures.ece, 4),
        **{f"coverage_{one.precision:.0%}": round(one.share, 4) for one in figures.coverage},
    }


def decided_line(decided: Decided) -> dict[str, object]:
    """Return what thresholds per label decide, for a command's last line."""
    right = decided.precision
    return {
        "decided": round(decided.share, 4),
        "decided_right": None if right is None else round(right, 4),
    }


def thresholds_table(decided: Decided) -> list[str]:
    """Return the lines of a table of labels, their thresholds and what these decide."""
    header = ("label", "threshold", "texts said to have it", "decided", "right of these")
    return _table(header, map(_decided_row, decided.labels))


def markdown(summary: Summary, figures: Figures, decided: Decided) -> str:
    """Return the report for people."""
    lines = ["# How well the model reads", "", *_table(("what", "value"), summary.items()), ""]
    shown = figures_line(figures).items()
    lines += ["## Figures on the rows measured", "", *_table(("figure", "value"), shown), ""]
    lines += _coverage(figures) + _decided(decided) + _calibration(figures) + _worst(figures)
    return "\n".join(lines) + "\n"


def _coverage(figures: Figures) -> list[str]:
    rows = [
        (
            f"{one.precision:.0%}",
            f"{one.share:.1%}",
            "none" if one.threshold is None else f"{one.threshold:.3f}",
        )
        for one in figures.coverage
    ]
    header = ("right", "share of the texts decided", "least confidence")
    return ["## Deciding only when sure", "", *_table(header, rows), "", "![](coverage.svg)", ""]


def _decided(decided: Decided) -> list[str]:
    right = "-" if decided.precision is None else f"{decided.precision:.1%}"
    return [
        "## A threshold for each label",
        "",
        f"Chosen for {TARGET:.0%} right per label. Together they decide {decided.share:.1%} of the"
        f" texts, {right} of these rightly.",
        "",
        *thresholds_table(decided),
        "",
    ]


def _decided_row(one: LabelDecided) -> tuple[object, ...]:
    return (
        one.label,
        "never" if one.threshold > 1 else f"{one.threshold:.3f}",
        one.said,
        f"{one.decided / one.said:.1%}" if one.said else "-",
        f"{one.right / one.decided:.1%}" if one.decided else "-",
    )


def _calibration(figures: Figures) -> list[str]:
    rows = [
        (one.count, f"{one.confidence:.3f}", f"{one.accuracy:.3f}") for one in figures.reliability
    ]
    header = ("texts", "mean confidence", "right")
    return ["## Is the confidence true?", "", *_table(header, rows), "", "![](reliability.svg)", ""]


def _worst(figures: Figures) -> list[str]:
    rows = [
        (
            one.label,
            one.texts,
            f"{one.precision:.2f}",
            f"{one.recall:.2f}",
            f"{one.f1:.2f}",
            ", ".join(f"{label} ({count})" for label, count in one.taken_for),
        )
        for one in figures.worst
    ]
    header = ("label", "texts", "precision", "recall", "F1", "taken for")
    return ["## Labels read worst", "", *_table(header, rows), "", "![](confusion.svg)"]


def _table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(_cell(one) for one in line)} |" for line in lines]


def _cell(value: object) -> str:
    return " ".join(str(value).replace("|", "\\|").split())
