"""`salur agencies apply` on a real broker, with every institution of the directory."""

import asyncio
import re
import stat
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from kafka.errors import SecurityDisabledError

from deploy.operate.agencies.institutions import all_codes
from deploy.operate.provisioning.admin_client import KafkaAdmin, connected
from deploy.operate.provisioning.plan import plan
from deploy.operate.provisioning.state import PREFIX, Acl, TopicState
from deploy.processes import wait_until
from shared.errors import BrokerAway, Misconfigured
from shared.settings import KafkaSettings
from tests.access.asking import log_in, visible
from tests.access.conftest import Secured, outcome

pytestmark = [pytest.mark.apache, pytest.mark.timeout(400)]
NOTHING = {"topics": 0, "configs": 0, "users": 0, "acls": 0, "quotas": 0}


def there(secured: Secured, do: Callable[[KafkaAdmin], Any]) -> Any:
    """Do something by hand, as the super user."""
    with connected(secured.broker.kafka) as cluster:
        return do(cluster)


def lets_in(settings: KafkaSettings) -> bool:
    try:
        asyncio.run(log_in(settings))
    except KafkaConnectionError:
        return False
    return True


def test_one_apply_provisions_every_institution(secured: Secured) -> None:
    lines, said = outcome(secured.first)

    codes = all_codes()
    whole = plan(codes)
    assert len(codes) == 680
    assert said["topics"] == len(whole.topics) == 680 * 2 + 6
    assert said["users"] == len(whole.users) == 680 + 5
    assert said["quotas"] == 680
    assert said["acls"] == len(whole.acls)
    assert "+ topic agency-kota-3671 (1 partition, cleanup.policy=delete" in "\n".join(lines)
    assert there(secured, lambda cluster: cluster.read(whole)).acls >= whole.acls


def test_a_second_apply_changes_nothing(secured: Secured) -> None:
    before = {path.name: path.read_bytes() for path in secured.passwords.path.iterdir()}

    lines, said = outcome(secured.apply("--all"))

    assert lines == []
    assert said == {
        "dry_run": False,
        **NOTHING,
        "rotated": 0,
        "deleted": 0,
        "kept": 0,
        "conflicts": [],
    }
    after = {path.name: path.read_bytes() for path in secured.passwords.path.iterdir()}
    assert after == before


def test_a_dry_run_shows_exactly_the_topic_that_was_removed(secured: Secured) -> None:
    gone = "agency-kab-1105-action"
    there(secured, lambda cluster: cluster.delete_topics([gone]))

    lines, said = outcome(secured.apply("--all", "--dry-run"))
    still_gone = gone not in asyncio.run(visible(secured.broker.kafka))
    again, _ = outcome(secured.apply("--all"))

    assert [line.split(" (")[0] for line in lines] == [f"+ topic {gone}"]
    assert said == said | NOTHING | {"dry_run": True, "topics": 1}
    assert still_gone
    assert again == lines
    assert gone in asyncio.run(visible(secured.broker.kafka))


def test_a_configuration_that_differs_is_set_again(secured: Secured) -> None:
    topic = "agency-kab-1106"
    there(secured, lambda cluster: cluster.set_configs({topic: {"retention.ms": "1000"}}))

    lines, said = outcome(secured.apply("--agency", "kab-1106"))
    after, _ = outcome(secured.apply("--agency", "kab-1106"))

    assert lines == [f"~ topic {topic} retention.ms=7776000000"]
    assert said["configs"] == 1
    assert after == []


def test_what_is_not_planned_stays_until_its_deletion_is_asked_for(secured: Secured) -> None:
    # As a closed institution leaves it, and a grant that somebody gave by hand.
    topic, user = "agency-kab-1", "agency-kab-1"
    wide = Acl("agency-kab-1101", "topic", "agency-kab-11", "read", PREFIX)
    there(secured, lambda cluster: cluster.create_topics({topic: TopicState(1)}))
    there(secured, lambda cluster: cluster.set_passwords({user: "left-behind"}))
    there(secured, lambda cluster: cluster.set_quotas({user: {"consumer_byte_rate": 5_000.0}}))
    there(secured, lambda cluster: cluster.create_acls([wide]))

    kept, said = outcome(secured.apply("--all"))
    _, partial = outcome(secured.apply("--agency", "kab-1101"))
    deleted, gone = outcome(
        secured.apply("--all", "--delete", "topics", "--delete", "users", "--delete", "acls")
    )
    after, _ = outcome(secured.apply("--all"))

    things = [f"topic {topic}", f"user {user}", f"acl {wide}"]
    assert kept == [f"= {thing} (not planned)" for thing in things]
    assert (said["kept"], said["deleted"]) == (3, 0)
    assert partial["kept"] == 1  # the grant; what others have is not this plan's to judge
    assert deleted == [f"- {thing}" for thing in things]
    assert gone["deleted"] == 3
    assert after == []


def test_a_password_changes_when_it_is_rotated_and_then_only(secured: Secured) -> None:
    user = "agency-kab-1107"
    old = secured.user(user)
    asyncio.run(log_in(old))

    lines, said = outcome(secured.apply("--agency", "kab-1107", "--rotate", user))

    assert lines == [f"* {user} gets another password"]
    assert said["rotated"] == 1
    wait_until(lambda: lets_in(secured.user(user)), "the new password", timeout=10)
    with pytest.raises(KafkaConnectionError):
        asyncio.run(log_in(old))


def test_passwords_are_in_files_of_their_owner_and_nowhere_else(secured: Secured) -> None:
    files = sorted(secured.passwords.path.iterdir())
    passwords = [secured.passwords.read(path.name.removesuffix(".env")) for path in files]
    log = (secured.broker.folder / "kafka.log").read_text(errors="replace")
    told = set(re.findall(r"[\w-]{43}", secured.first.output + log))

    assert len(files) == 685
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert len(set(passwords)) == 685
    assert {len(password or "") for password in passwords} == {43}
    assert not told & set(passwords)


def test_a_user_without_the_right_is_told_to_come_as_a_super_user(secured: Secured) -> None:
    result = secured.apply("--all", kafka=secured.user("agency-kab-1101"))

    assert result.exit_code == 2
    assert "user agency-kab-1101 may not provision" in result.output
    assert "super users" in result.output


def test_a_wrong_login_ends_the_command_with_the_users_name(secured: Secured) -> None:
    nobody = secured.broker.settings("nobody", "wrong")

    with pytest.raises(BrokerAway, match="user nobody in"), connected(nobody):
        pass


def test_a_cluster_without_access_control_is_named_as_such(secured: Secured) -> None:
    kafka = secured.broker.kafka

    with pytest.raises(Misconfigured, match=r"authorizer\.class\.name"), connected(kafka):
        raise SecurityDisabledError("as such a broker answers")


def test_what_the_broker_refuses_is_named(secured: Secured) -> None:
    with pytest.raises(Misconfigured, match=r"topic agency-kab-1108: .*retention\.ms"):
        there(
            secured,
            lambda cluster: cluster.set_configs({"agency-kab-1108": {"retention.ms": "soon"}}),
        )
