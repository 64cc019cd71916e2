"""Model files: what goes in comes out, and nothing broken comes in."""

import hashlib
import io
import json
import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.router.domain.classifier.model import Model
from services.router.domain.classifier.predict import Classifier
from services.router.reference import model_file
from services.router.reference.model_encoding import encode_model
from services.router.reference.model_file import decode_model, read_model
from shared.errors import Misconfigured

TEXTS = ["jln rusak", "lampu mati", "lampunya", ""]


def saved(array: object) -> bytes:
    out = io.BytesIO()
    np.save(out, np.asarray(array))
    return out.getvalue()


def changed(content: bytes, member: str, value: bytes | None, *, packs: bool = False) -> bytes:
    out = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if packs else zipfile.ZIP_STORED
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", how) as new:
        for name in old.namelist():
            kept = old.read(name) if name != member else value
            if kept is not None:
                new.writestr(name, kept)
    return out.getvalue()


def header(**fields: object) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            old = json.loads(archive.read("header.json"))
        return changed(content, "header.json", json.dumps({**old, **fields}).encode())

    return change


def member(name: str, value: bytes | None) -> Callable[[bytes], bytes]:
    return lambda content: changed(content, name, value)


def test_a_model_comes_back_from_its_file(model: Model, tmp_path: Path) -> None:
    file = tmp_path / "a.model"
    file.write_bytes(encode_model(model))

    back = read_model(file)

    assert back.labels == model.labels
    assert back.about == model.about
    assert back.thresholds == model.thresholds
    assert back.vocabulary.words == model.vocabulary.words
    before, after = (Classifier(one).probabilities(TEXTS) for one in (model, back))
    assert np.allclose(before, after, atol=0.01)


def test_a_read_model_is_named_by_its_content(model: Model) -> None:
    content = encode_model(model)
    stricter = encode_model(replace(model, thresholds=(0.6, 0.8)))

    found = [decode_model(one, "a").version for one in (content, content, stricter)]

    assert model.version == ""
    assert found[0] == found[1] == hashlib.sha256(content).hexdigest()[:12]
    assert found[2] != found[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _: b"", "not a zip file"),
        (lambda _: pickle.dumps({"a": 1}), "not a zip file"),
        (lambda content: content[: len(content) // 2], "not a zip file"),
        (member("header.json", None), "header.json"),
        (member("header.json", b"{"), "Expecting"),
        (member("header.json", b"[]"), "not a file of"),
        (header(format="other"), "not a file of"),
        (header(version=99), "format version 99"),
        (header(labels=["road"]), "labels"),
        (header(labels=["road", "road"]), "twice"),
        (header(labels=["road", "light", "water"]), "shape"),
        (header(sharpness="high"), "sharpness"),
        (header(sharpness=-1), "sharpness"),
        (header(doubt=1.5), "doubt"),
        (header(about=None), "about"),
        (header(version=1), "format version 1, this program reads 2"),
        (header(thresholds=None), "no threshold for each label"),
        (header(thresholds=[0.5]), "no threshold for each label"),
        (header(thresholds=[0.5, "sure"]), "a threshold is 'sure'"),
        (header(thresholds=[0.5, 2.5]), r"a threshold is 2\.5"),
        (header(thresholds=[0.5, float("nan")]), "a threshold is nan"),
        (member("words.txt", b"jalan"), "not there"),
        (member("words.txt", b"a\na\na\na\na"), "twice"),
        (member("pieces.txt", b"\xff\xfe\xff"), "utf-8"),
        (member("words-idf.npy", saved([1.0, 2.0])), "float64"),
        (member("words-idf.npy", saved(np.ones(3, np.float32))), "shape"),
        (member("words-idf.npy", saved(np.full(4, np.nan, np.float32))), "not a number"),
        (member("bias.npy", saved(np.array([0, np.inf], np.float32))), "not a number"),
        (member("bias.npy", saved(np.array([{"a": 1}, None]))), "allow_pickle"),
        (member("words-weights.npy", b"\x93NUMPY"), "not a whole model"),
        (member("words-square.npy", saved(np.full(4, -1, np.float32))), "below zero"),
        (member("pair-keys.npy", saved(np.array([2 << 20, 1]))), "sorted|shape"),
    ],
)
def test_a_broken_file_is_refused_with_its_name_the_reason_and_the_way_out(
    model: Model, change: Callable[[bytes], bytes], reason: str
) -> None:
    broken = change(encode_model(model))

    with pytest.raises(Misconfigured, match=reason) as refused:
        decode_model(broken, "some.model")

    assert str(refused.value).startswith("some.model: ")
    assert "salur train" in str(refused.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(place=st.floats(0, 0.999), value=st.integers(0, 255))
def test_a_changed_byte_is_refused_or_harmless(model: Model, place: float, value: int) -> None:
    content = bytearray(encode_model(model))
    content[int(place * len(content))] = value

    try:
        found = decode_model(bytes(content), "some.model")
    except Misconfigured:
        return  # any other error fails the test
    assert np.isfinite(Classifier(found).probabilities(TEXTS)).all()


@pytest.mark.parametrize(
    ("bound", "reason"),
    [
        ("MOST_TEXT", r"header\.json: \d+ bytes unpacked, 6 are allowed"),
        ("MOST_ROWS", r"words\.txt: 4 lines, 2 are allowed"),
        ("MOST_WEIGHTS", r"\d+ weights, 6 are allowed"),
    ],
)
def test_a_file_with_more_than_a_router_may_have_is_refused(
    model: Model, monkeypatch: pytest.MonkeyPatch, bound: str, reason: str
) -> None:
    content = encode_model(model)
    monkeypatch.setattr(model_file, bound, 2 if bound == "MOST_ROWS" else 6)

    with pytest.raises(Misconfigured, match=reason):
        decode_model(content, "some.model")


def bomb(model: Model, rows: int) -> bytes:
    """Return a small file whose weights are many zeros."""
    weights = np.zeros((rows, 2), np.int8)
    return changed(encode_model(model), "words-weights.npy", saved(weights), packs=True)


def test_a_small_file_that_unpacks_to_gigabytes_takes_no_memory(model: Model) -> None:
    content = bomb(model, 50_000_000)
    assert len(content) < 200_000

    tracemalloc.start()
    with pytest.raises(Misconfigured, match=r"words-weights\.npy: 100000128 bytes unpacked"):
        decode_model(content, "some.model")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 20_000_000


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packing_that_unpacks_whole_blocks_is_refused(model: Model, how: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        archive.writestr("header.json", "{}")

    with pytest.raises(Misconfigured, match=r"header\.json: packed in no way known"):
        decode_model(out.getvalue(), "some.model")


def test_no_more_is_read_of_a_file_than_a_model_may_have(tmp_path: Path) -> None:
    file = tmp_path / "large.model"
    with file.open("wb") as content:
        content.truncate(1_500_000_000)

    tracemalloc.start()
    with pytest.raises(Misconfigured, match="more than 16000000 bytes"):
        read_model(file)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 40_000_000


def test_an_array_that_claims_to_be_larger_than_it_is_gets_no_room(model: Model) -> None:
    head = io.BytesIO()
    shape = {"descr": "<f4", "fortran_order": False, "shape": (10**9,)}
    np.lib.format.write_array_header_1_0(head, shape)
    content = changed(encode_model(model), "words-idf.npy", head.getvalue())

    with pytest.raises(Misconfigured, match="words-idf: not as long as it says"):
        decode_model(content, "some.model")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"no\.model: No such file"):
        read_model(tmp_path / "no.model")
