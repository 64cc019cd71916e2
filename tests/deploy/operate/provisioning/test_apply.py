"""How a cluster is brought to the plan: what changes, what stays, and in which order."""

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from deploy.operate.provisioning import apply as applying
from deploy.operate.provisioning.apply import ApplyOptions, apply
from deploy.operate.provisioning.diff import compare
from deploy.operate.provisioning.password_files import PasswordFolder
from deploy.operate.provisioning.plan import InstitutionQuota, plan
from deploy.operate.provisioning.state import Acl, ClusterState, TopicState
from shared.errors import BrokerAway, Misconfigured

CODES = ("kab-3603", "prov-36")
WANTED = plan(CODES)
EMPTY = ClusterState({}, frozenset(), frozenset(), {})


@dataclass
class FakeCluster:
    """Remembers what it was told, and in which order."""

    state: ClusterState = EMPTY
    passwords: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refuses: str = ""
    shows: bool = True

    def _do(self, call: str, **changes: object) -> None:
        self.calls.append(call)
        if call == self.refuses:
            raise Misconfigured("Kafka refused it")
        if self.shows:
            self.state = replace(self.state, **changes)  # type: ignore[arg-type]

    def read(self, wanted: ClusterState) -> ClusterState:
        return self.state

    def create_topics(self, topics: Mapping[str, TopicState]) -> None:
        self._do("create_topics", topics={**self.state.topics, **topics})

    def set_configs(self, configs: Mapping[str, Mapping[str, str]]) -> None:
        topics = dict(self.state.topics)
        for name, config in configs.items():
            topics[name] = replace(topics[name], config={**topics[name].config, **config})
        self._do("set_configs", topics=topics)

    def tighten(self, topics: Mapping[str, TopicState]) -> int:
        return 0

    def set_passwords(self, passwords: Mapping[str, str]) -> None:
        self._do("set_passwords", users=self.state.users | passwords.keys())
        self.passwords |= passwords

    def create_acls(self, acls: Sequence[Acl]) -> None:
        self._do("create_acls", acls=self.state.acls | set(acls))

    def set_quotas(self, quotas: Mapping[str, Mapping[str, float]]) -> None:
        has = self.state.quotas
        self._do(
            "set_quotas", quotas={**has, **{u: {**has.get(u, {}), **q} for u, q in quotas.items()}}
        )

    def delete_topics(self, names: Sequence[str]) -> None:
        self._do(
            "delete_topics", topics={n: t for n, t in self.state.topics.items() if n not in names}
        )

    def delete_acls(self, acls: Sequence[Acl]) -> None:
        self._do("delete_acls", acls=self.state.acls - set(acls))

    def delete_users(self, users: Sequence[str]) -> None:
        self._do("delete_users", users=self.state.users - set(users))


@pytest.fixture
def folder(tmp_path: Path) -> PasswordFolder:
    return PasswordFolder(tmp_path / "secrets")


def test_an_empty_cluster_gets_all_of_the_plan_and_then_nothing(folder: PasswordFolder) -> None:
    cluster = FakeCluster()

    first = apply(cluster, WANTED, ApplyOptions(secrets=folder.path))
    second = apply(cluster, WANTED, ApplyOptions(secrets=folder.path))

    assert cluster.state == WANTED
    assert first.counts["topics"] == len(WANTED.topics)
    assert list(second.lines()) == []
    # Who may log in is limited by then, and what is granted is there.
    assert cluster.calls == ["create_topics", "set_quotas", "set_passwords", "create_acls"]


def test_each_user_has_a_password_of_its_own_in_a_file_of_its_owner(folder: PasswordFolder) -> None:
    cluster = FakeCluster()

    apply(cluster, WANTED, ApplyOptions(secrets=folder.path))

    assert {user: folder.read(user) for user in WANTED.users} == cluster.passwords
    assert len(set(cluster.passwords.values())) == len(WANTED.users)
    assert all(len(password) >= 43 for password in cluster.passwords.values())
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.path.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert len(list(folder.path.iterdir())) == len(WANTED.users)  # no drafts are left


def test_users_without_a_folder_for_their_passwords_are_refused_before_anything_changes() -> None:
    cluster = FakeCluster()

    with pytest.raises(Misconfigured, match="--secrets-out"):
        apply(cluster, WANTED, ApplyOptions())

    assert cluster.calls == []


def test_an_existing_users_password_is_not_touched(folder: PasswordFolder) -> None:
    cluster = FakeCluster(replace(WANTED, topics={}))

    apply(cluster, WANTED, ApplyOptions(secrets=folder.path))

    assert cluster.calls == ["create_topics"]
    assert not folder.path.exists()


def test_a_rotated_user_alone_gets_another_password(folder: PasswordFolder) -> None:
    cluster = FakeCluster()
    apply(cluster, WANTED, ApplyOptions(secrets=folder.path))
    before = dict(cluster.passwords)

    apply(cluster, WANTED, ApplyOptions(secrets=folder.path, rotate=frozenset({"salur-router"})))

    changed = {user for user in before if cluster.passwords[user] != before[user]}
    assert changed == {"salur-router"}
    assert folder.read("salur-router") == cluster.passwords["salur-router"]


def test_a_user_outside_the_plan_cannot_be_rotated(folder: PasswordFolder) -> None:
    cluster = FakeCluster(WANTED)

    with pytest.raises(Misconfigured, match="no user agency-kab-1"):
        apply(
            cluster, WANTED, ApplyOptions(secrets=folder.path, rotate=frozenset({"agency-kab-1"}))
        )

    assert cluster.calls == []


def test_a_cluster_set_up_anew_gets_the_passwords_that_users_have(folder: PasswordFolder) -> None:
    lost, anew = FakeCluster(), FakeCluster()
    apply(lost, WANTED, ApplyOptions(secrets=folder.path))

    apply(anew, WANTED, ApplyOptions(secrets=folder.path))

    assert anew.passwords == lost.passwords


def test_a_password_that_the_cluster_refused_does_not_replace_the_one_before(
    folder: PasswordFolder,
) -> None:
    cluster = FakeCluster()
    apply(cluster, WANTED, ApplyOptions(secrets=folder.path))
    before, cluster.refuses = folder.read("salur-router"), "set_passwords"

    with pytest.raises(Misconfigured):
        apply(
            cluster, WANTED, ApplyOptions(secrets=folder.path, rotate=frozenset({"salur-router"}))
        )

    assert folder.read("salur-router") == before


@pytest.mark.parametrize("rotate", [frozenset(), frozenset({"salur-router"})], ids=["new", "old"])
def test_passwords_that_the_cluster_had_taken_before_a_kill_are_kept_by_the_next_run(
    folder: PasswordFolder, monkeypatch: pytest.MonkeyPatch, rotate: frozenset[str]
) -> None:
    cluster = FakeCluster()
    if rotate:
        apply(cluster, WANTED, ApplyOptions(secrets=folder.path))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PasswordFolder, "keep", killed)
        with pytest.raises(KeyboardInterrupt):
            apply(cluster, WANTED, ApplyOptions(secrets=folder.path, rotate=rotate))
    taken = dict(cluster.passwords)
    apply(cluster, WANTED, ApplyOptions(secrets=folder.path))

    assert cluster.passwords == taken
    assert {user: folder.read(user) for user in WANTED.users} == taken
    assert not list(folder.path.glob("*.next"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "salur-intake.env").mkdir()

    with pytest.raises(Misconfigured, match=r"salur-intake\.env cannot be read"):
        PasswordFolder(tmp_path).draft(["salur-intake"], rotated=frozenset())
    (tmp_path / "salur-router.env.next").mkdir()
    with pytest.raises(Misconfigured, match=r"salur-router\.env\.next cannot be written"):
        PasswordFolder(tmp_path).draft(["salur-router"], rotated=frozenset())


def test_what_the_cluster_never_shows_is_an_error(
    folder: PasswordFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "SEEN_SECONDS", 0.0)

    with pytest.raises(BrokerAway, match="not shown"):
        apply(FakeCluster(shows=False), WANTED, ApplyOptions(secrets=folder.path))


def test_a_removed_topic_is_the_only_difference() -> None:
    left = {name: topic for name, topic in WANTED.topics.items() if name != "agency-prov-36"}

    found = compare(WANTED, replace(WANTED, topics=left), whole=True)

    (line,) = found.lines()
    assert line.startswith("+ topic agency-prov-36 (1 partition")


def test_only_the_configurations_that_differ_are_set(folder: PasswordFolder) -> None:
    topic = TopicState(1, {"cleanup.policy": "delete", "retention.ms": "1", "flush.ms": "9"})
    cluster = FakeCluster(replace(WANTED, topics={**WANTED.topics, "agency-prov-36": topic}))

    found = apply(cluster, WANTED, ApplyOptions(secrets=folder.path))

    assert list(found.lines()) == ["~ topic agency-prov-36 retention.ms=7776000000"]
    assert cluster.state.topics["agency-prov-36"].config["flush.ms"] == "9"  # somebody's own


def test_a_limit_that_differs_is_set_again() -> None:
    wanted = plan(CODES, InstitutionQuota(consumer_bytes=9_000))

    lines = list(compare(wanted, WANTED, whole=True).lines())

    assert lines == [f"~ quota agency-{code} consumer_byte_rate=9000" for code in CODES]


def test_another_number_of_partitions_is_told_and_left() -> None:
    topics = {
        **WANTED.topics,
        "complaint-input": TopicState(3, WANTED.topics["complaint-input"].config),
    }
    cluster = FakeCluster(replace(WANTED, topics=topics))

    found = apply(cluster, WANTED, ApplyOptions())

    (conflict,) = found.conflicts
    assert "complaint-input has 3 partitions, planned are 24" in conflict
    assert cluster.calls == []
