"""The files of a router, to be changed as an operator would."""

import os
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from services.router.domain.classifier.model import Model
from services.router.reference.model_encoding import encode_model
from services.router.reference.rulebook import RuleBook, RuleFiles
from services.router.settings import DATA
from shared.contracts.case import Complaint, Decision
from tests.support.builders import complaint

EVERY = frozenset({"kab-3603", "bumn-003", "bumn-005"})
DIRECTORY = """\
code,type,name,short,aliases,region_code,parent,autonomous,source,verified
bumn-003,bumn,PT PLN (Persero),PLN,,,,yes,test,no
prov-36,provinsi,Pemerintah Provinsi Banten,Banten,,36,,yes,test,no
kab-3603,kabupaten,Pemerintah Kabupaten Tangerang,Tangerang,,36.03,prov-36,yes,test,no
"""
KAI = "bumn-005,bumn,PT Kereta Api Indonesia (Persero),KAI,,,,yes,test,no\n"
TAXONOMY = """\
category,name,name_en,needs,words
road,Jalan,Roads,,jalan
light,Lampu,Street light,spot,lampu
"""
NEEDS = "need,question,question_en,words\nspot,Di jalan apa?,On which street?,gang\n"
RULES = """\
rule,category,words,unless,region,institution,unit,trust,because
streets,road,,,,@regency,Dinas PU,0.8,a law
named,,,,,@named,,0.8,named
"""
LIMITS = (DATA / "limits.csv").read_text(encoding="utf-8")
CALENDAR = "day,kind,because\n2026-03-04,off,a decree\n"
TEXTS = {
    "directory": DIRECTORY,
    "taxonomy": TAXONOMY,
    "needs": NEEDS,
    "rules": RULES,
    "limits": LIMITS,
    "calendar": CALENDAR,
}
ROAD = complaint()


@dataclass(frozen=True)
class Folder:
    """The files of a router, to be changed as an operator would."""

    files: RuleFiles

    def replace(self, name: str, content: str | bytes) -> None:
        path: Path = getattr(self.files, name)
        draft = path.with_suffix(".draft")
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(draft, path)

    def change(self, name: str, old: str, new: str) -> None:
        assert old in TEXTS[name]
        self.replace(name, TEXTS[name].replace(old, new))


@pytest.fixture
def folder(tmp_path: Path, model: Model) -> Folder:
    names = {field.name: tmp_path / f"{field.name}.csv" for field in fields(RuleFiles)}
    made = Folder(RuleFiles(**names))
    for name, text in TEXTS.items():
        made.replace(name, text)
    made.replace("model", encode_model(model))
    return made


def decide(rules: RuleBook, made: Complaint) -> Decision:
    [decision] = rules.decider().decide([made], EVERY)
    return decision
