"""Linear support vector machines, one per label against the rest, by scikit-learn.

Minimises, for each label, |w|^2 / 2 + C * sum(weight * max(0, 1 - y * score)^2). The features hold
the constant of the bias. No chance is left: equal input gives equal weights.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.svm import LinearSVC
from sklearn.utils.class_weight import compute_class_weight

from services.router.domain.classifier.model import Floats

TOLERANCE = 0.1  # liblinear's own; the figures of a hundredth of it are the same


@dataclass(frozen=True, slots=True)
class Settings:
    """`cost` is C of the machine; a label's own rows weigh (mean rows / its rows) ** `balance`."""

    cost: float
    balance: float


def fit_linear_svm(
    features: sparse.csr_matrix,
    truth: npt.NDArray[np.int64],
    *,
    labels: int,
    settings: Settings,
) -> Floats:
    """Return weights, features by labels; a label without rows scores -1 everywhere."""
    known = np.unique(truth)
    weights = np.zeros((features.shape[1], labels), np.float32)
    weights[-1] = -1
    if len(known) == 1:
        weights[-1, known] = 1
        return weights
    balanced = compute_class_weight("balanced", classes=known, y=truth) ** settings.balance
    machine = LinearSVC(
        C=settings.cost,
        class_weight=dict(zip(known, balanced, strict=True)),
        dual=True,  # fewer rows than features, mostly
        fit_intercept=False,
        random_state=0,
        tol=TOLERANCE,
    )
    found = machine.fit(features, truth).coef_
    # Of two labels it says only what speaks for the second.
    weights[:, known] = (found if len(known) > 2 else np.concatenate([-found, found])).T
    return weights
