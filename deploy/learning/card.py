"""The model card: what a model file is, where it came from, what it may be used for."""

from deploy.learning.report import figures_line
from deploy.learning.training import Trained


def model_card(trained: Trained, name: str) -> str:
    """Return a model's card in Markdown."""
    about, model = trained.model.about, trained.model
    vocabulary = model.vocabulary
    shown = "\n".join(f"- {key}: {value}" for key, value in figures_line(trained.figures).items())
    settings = " and ".join(f"C {one.cost:g}, balance {one.balance:g}" for one in trained.settings)
    whole = ", ".join(trained.trained_whole) or "none"
    return f"""# {name}

A text classifier for Indonesian complaints: {len(model.labels)} labels, \
{len(trained.content):,} bytes. Made by {about["created_by"]}, read by `salur evaluate`.

## What it is

One linear support vector machine per label over {len(vocabulary.words):,} words, \
{len(vocabulary.pairs):,} pairs of neighbours and {len(vocabulary.pieces):,} pieces of words; \
the mean of those under {settings}, chosen by \
folds within the rows. Confidence is a \
softmax of the scores, sharpness {model.sharpness:.3g}, doubt {model.doubt:g}.

## What it learned from

{about["rows"]:,} rows, SHA-256 {about["data_sha256"]}, seed {about["seed"]}.

## How good it is

Measured on rows held out ({trained.held_out}); the file itself was then trained on all rows.

{shown}

Labels trained but not measured, for too few rows: {whole}.

## What to know before using it

- It knows the labels of its rows and no others; any other text gets one of them all the same.
- Its figures hold for texts like its rows. Measure it on newer ones with `salur evaluate`.
- The file holds single words and pairs from the texts, which may be names. Keep it as you keep
  the texts.
"""
