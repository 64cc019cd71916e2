"""The model card: what a model file is, where it came from, what it may be used for."""

from deploy.model.reporting.report import decided_line, figures_line, thresholds_table
from deploy.model.training.thresholds import BORROWED, LEAST, TARGET
from deploy.model.training.train import Trained

PRIVACY = (
    "The file holds single words and pairs from the texts, which may be names. Keep it as you keep"
    " the texts."
)


def model_card(trained: Trained, name: str) -> str:
    """Return a model's card in Markdown."""
    about, model = trained.model.about, trained.model
    vocabulary = model.vocabulary
    figures = {**figures_line(trained.figures), **decided_line(trained.decided)}
    shown = "\n".join(f"- {key}: {value}" for key, value in figures.items())
    settings = " and ".join(f"C {one.cost:g}, balance {one.balance:g}" for one in trained.settings)
    thresholds = "\n".join(thresholds_table(trained.decided))
    whole = ", ".join(trained.trained_whole) or "none"
    return f"""# {name}

A text classifier for Indonesian complaints: {len(model.labels)} labels, \
{len(trained.content):,} bytes, version {model.version}. Made by {about["created_by"]}, read by \
`salur evaluate` and the router.

## What it is

One linear support vector machine per label over {len(vocabulary.words):,} words, \
{len(vocabulary.pairs):,} pairs of neighbours and {len(vocabulary.pieces):,} pieces of words; \
the mean of those under {settings}, chosen by \
folds within the rows. Confidence is a \
softmax of the scores, sharpness {model.sharpness:.3g}, doubt {model.doubt:g}.

## What it learned from

Origin: {about["origin"]}. {about["rows"]:,} rows, SHA-256 {about["data_sha256"]}, \
seed {about["seed"]}.

## How good it is

Measured on rows held out ({trained.held_out}); the file itself was then trained on all rows.

{shown}

Labels trained but not measured, for too few rows: {whole}.

## From which confidence on it decides

Each label's threshold is the smallest confidence from which on {TARGET:.0%} of the texts said to \
have the label are right, among rows predicted by a model that had not learned them; each label \
borrows {BORROWED} texts that are as often right as all labels together, so that few rows make no \
threshold by luck. None is below {LEAST:g}. The table shows thresholds chosen in the folds, and \
what these decide of the rows held out; the file's own were then chosen on the folds and the rows \
held out together.

{thresholds}

## What to know before using it

- It knows the labels of its rows and no others; any other text gets one of them all the same.
- Its figures hold for texts like its rows. Measure it on newer ones with `salur evaluate`.
- {about.get("privacy", PRIVACY)}
"""
