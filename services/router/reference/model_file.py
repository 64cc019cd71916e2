"""Model files of the classifier: a zip of one JSON header, word lists and plain arrays.

Nothing in it is executed on reading. A router has 1 GiB: so how long a list and how large an array
may be is checked before either is unpacked, and what does not fit is `Misconfigured` with the
file's name, the reason and the way out. Such files are written by `model_encoding.py`.
"""

import hashlib
import io
import json
import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from services.router.domain.classifier.model import (
    NEVER,
    PAIR_BASE,
    Model,
    Vocabulary,
    Weights,
)
from shared.errors import Misconfigured

FORMAT, VERSION = "salur-classifier", 2
MOST_FILE = 16_000_000  # bytes that are read; at most `model_encoding.LARGEST` are written
MOST_LABELS = 1_000
MOST_ROWS = 500_000  # words, pairs or pieces
MOST_WEIGHTS = 90_000_000  # rows by labels, one byte each, four in memory: 680 labels and all rows
MOST_TEXT = 16_000_000  # bytes of the header, or of a list of words
KNOWN_PACKING = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NPY_HEADER = 10_000
ARRAYS = ("words", "pairs", "pieces")
# What zip, zlib, JSON and numpy raise for bytes that are not what they say.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    LookupError,
    TypeError,
    ValueError,
    EOFError,
    OSError,
    MemoryError,
    OverflowError,
    RuntimeError,
)
Array = npt.NDArray[Any]


def read_model(path: Path) -> Model:
    """Return the model in a file.

    Raises:
        Misconfigured: it cannot be read, or is no whole model of this format.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_FILE + 1)
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}; name a model by `salur train`") from error
    if len(content) > MOST_FILE:
        raise Misconfigured(f"{path}: more than {MOST_FILE} bytes; name a model by `salur train`")
    return decode_model(content, str(path))


def decode_model(content: bytes, name: str) -> Model:
    """Return the model in a file's content; `name` is the file's, for messages.

    Raises:
        Misconfigured: it is no whole model of this format.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_sizes(archive)
            model = _assembled(archive)
    except BROKEN as error:
        wrong = f"{name}: not a whole model ({error})"
        raise Misconfigured(f"{wrong}; train it anew with `salur train`") from error
    return replace(model, version=hashlib.sha256(content).hexdigest()[:12])


def _check_sizes(archive: zipfile.ZipFile) -> None:
    for member in archive.infolist():
        most = _most_of(member.filename)
        wrong = f"{member.filename}: {member.file_size} bytes unpacked, {most} are allowed"
        _need(member.file_size <= most, wrong)
        # The others unpack a whole block at once, whatever size the directory says.
        _need(member.compress_type in KNOWN_PACKING, f"{member.filename}: packed in no way known")


def _most_of(member: str) -> int:
    if not member.endswith(".npy"):
        return MOST_TEXT
    if member.removesuffix("-weights.npy") in ARRAYS:
        return MOST_WEIGHTS + _NPY_HEADER
    return MOST_ROWS * np.dtype(np.int64).itemsize + _NPY_HEADER


def _assembled(archive: zipfile.ZipFile) -> Model:
    header = _header(archive)
    labels = tuple(header["labels"])
    vocabulary = _vocabulary(archive, _number(header["unseen_idf"], "unseen_idf"))
    sizes = (len(vocabulary.words), len(vocabulary.pairs), len(vocabulary.pieces))
    count = sum(sizes) * len(labels)
    _need(count <= MOST_WEIGHTS, f"{count} weights, {MOST_WEIGHTS} are allowed")
    words, pairs, pieces = (
        _weights(archive, kind, (size, len(labels)))
        for kind, size in zip(ARRAYS, sizes, strict=True)
    )
    bias = _array(archive, "bias", np.float32, (len(labels),))
    squares = _array(archive, "words-square", np.float32, (sizes[0],))
    _need(bool(np.all(squares >= 0)), "words-square: a value below zero")
    return Model(
        labels=labels,
        vocabulary=vocabulary,
        weights=Weights(words, squares, pairs, pieces, bias),
        sharpness=_number(header["sharpness"], "sharpness"),
        doubt=_share(header["doubt"], "doubt"),
        about=header["about"],
        thresholds=tuple(_thresholds(header, len(labels))),
    )


def _header(archive: zipfile.ZipFile) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(_unpacked(archive, "header.json"))
    _need(
        isinstance(header, dict) and header.get("format") == FORMAT, "not a file of `salur train`"
    )
    version = header.get("version")
    _need(version == VERSION, f"format version {version!r}, this program reads {VERSION}")
    labels = header["labels"]
    _need(isinstance(labels, list) and 2 <= len(labels) <= MOST_LABELS, "no list of labels")
    _need(all(isinstance(label, str) and label for label in labels), "a label is not a word")
    _need(len(set(labels)) == len(labels), "a label occurs twice")
    _need(isinstance(header["about"], dict), "`about` is not an object")
    return header


def _vocabulary(archive: zipfile.ZipFile, unseen_idf: float) -> Vocabulary:
    words, pieces = (_lines(archive, name) for name in ("words.txt", "pieces.txt"))
    pairs = _array(archive, "pair-keys", np.int64, None)
    _need(bool(np.all(np.diff(pairs) > 0)), "pairs are not sorted")
    inside = (pairs >= 0) & (pairs // PAIR_BASE < len(words)) & (pairs % PAIR_BASE < len(words))
    _need(bool(np.all(inside)), "a pair of words that are not there")
    return Vocabulary(
        words=words,
        word_idf=_array(archive, "words-idf", np.float32, (len(words),)),
        unseen_idf=unseen_idf,
        pairs=pairs,
        pair_idf=_array(archive, "pairs-idf", np.float32, (len(pairs),)),
        pieces=pieces,
        piece_idf=_array(archive, "pieces-idf", np.float32, (len(pieces),)),
    )


def _lines(archive: zipfile.ZipFile, name: str) -> tuple[str, ...]:
    text = _unpacked(archive, name).decode()
    many = text.count("\n") + 1
    _need(many <= MOST_ROWS, f"{name}: {many} lines, {MOST_ROWS} are allowed")
    lines = tuple(text.split("\n")) if text else ()
    _need(len(set(lines)) == len(lines), f"{name}: a line occurs twice")
    return lines


def _weights(archive: zipfile.ZipFile, kind: str, shape: tuple[int, int]) -> Array:
    steps = _array(archive, f"{kind}-weights", np.int8, shape)
    scale = _array(archive, f"{kind}-scale", np.float32, (shape[1],))
    return np.asarray(steps * scale, np.float32)


def _array(archive: zipfile.ZipFile, name: str, kind: type, shape: tuple[int, ...] | None) -> Array:
    content = _unpacked(archive, f"{name}.npy")
    _check_shape(content, name)
    array = np.load(io.BytesIO(content), allow_pickle=False)
    _need(array.dtype == kind, f"{name}: {array.dtype} instead of {np.dtype(kind)}")
    fits = array.ndim == 1 if shape is None else array.shape == shape
    _need(fits, f"{name}: shape {array.shape} instead of {shape or 'one row'}")
    _need(bool(np.all(np.isfinite(array))), f"{name}: a value that is not a number")
    return np.asarray(array)


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    # No more than was checked: a directory that lies about a size cannot make it grow.
    with archive.open(name) as member:
        return member.read(_most_of(name))


def _check_shape(content: bytes, name: str) -> None:
    """Refuse an array by what its head says, before room is made for it."""
    head = io.BytesIO(content)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(head)
    _need(version in read, f"{name}: numpy format {version}")
    said, _, dtype = read[version](head)
    size = math.prod(said) * dtype.itemsize
    _need(dtype.hasobject or size == len(content) - head.tell(), f"{name}: not as long as it says")


def _number(value: object, name: str) -> float:
    _need(isinstance(value, int | float) and 0 < float(value) < 1e6, f"{name} is {value!r}")
    return float(value)  # type: ignore[arg-type] # checked above


def _thresholds(header: Mapping[str, Any], labels: int) -> Iterator[float]:
    values = header["thresholds"]
    _need(isinstance(values, list) and len(values) == labels, "no threshold for each label")
    for value in values:
        fits = isinstance(value, int | float) and 0 <= float(value) <= NEVER
        _need(fits, f"a threshold is {value!r}")
        yield float(value)


def _share(value: object, name: str) -> float:
    _need(isinstance(value, int | float) and 0 <= float(value) < 1, f"{name} is {value!r}")
    return float(value)  # type: ignore[arg-type] # checked above


def _need(fits: bool, wrong: str) -> None:
    if not fits:
        raise ValueError(wrong)
