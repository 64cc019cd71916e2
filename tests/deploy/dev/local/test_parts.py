"""What `deploy.dev.local` promises about child processes and the parts that run in them."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError
from pymongo import MongoClient, WriteConcern

from deploy.dev.local import apache
from deploy.dev.local.apache import ApacheKafka
from deploy.dev.local.parts import Part, running
from deploy.dev.local.secantus import Secantus
from deploy.dev.local.tansu import Tansu
from deploy.processes import Child, PartFailed, free_port, wait_until

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = """
import sys, time
from pathlib import Path
from deploy.processes import Child
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
child = Child("orphan", sleep, log_path=Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""
ASKS_FOR = """
import random, sys
from deploy.processes import free_port
def draw(*_, left=[int(sys.argv[1]), *range(20_000, 32_000)]):
    print("asked")
    return left.pop(0)
random.randrange = draw
free_port()
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; Linux ties children")


def python(code: str, log_path: Path) -> Child:
    return Child("program", [sys.executable, "-c", code], log_path=log_path)


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "program.log"


@pytest.fixture
def sleeper(log_path: Path) -> Iterator[Child]:
    child = python(SLEEPER, log_path)
    child.start()
    yield child
    child.kill()


def process_state(pid: int | None) -> str:
    """Letter of the state in /proc (T is stopped), or nothing when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_output_of_every_run_is_appended_to_the_log(log_path: Path) -> None:
    child = python("print('hello')", log_path)

    for _ in range(2):
        child.start()
        wait_until(lambda: not child.alive, "the end of the program", timeout=10)

    assert child.log_tail() == "hello\nhello"
    assert child.returncode == 0


def test_stop_lets_the_program_end_by_itself(sleeper: Child) -> None:
    sleeper.stop()

    assert not sleeper.alive
    assert sleeper.returncode == -signal.SIGTERM


def test_a_program_that_ignores_sigterm_is_killed(log_path: Path) -> None:
    child = python(STUBBORN, log_path)
    child.start()
    wait_until(lambda: "up" in child.log_tail(), "its first line", timeout=10, child=child)

    child.stop(timeout=0.1)

    assert child.returncode == -signal.SIGKILL


@on_linux
def test_a_paused_program_is_frozen_until_resumed(sleeper: Child) -> None:
    sleeper.pause()
    wait_until(lambda: process_state(sleeper.pid) == "T", "its pause", timeout=10)
    assert sleeper.alive

    sleeper.resume()
    wait_until(lambda: process_state(sleeper.pid) == "S", "its resumption", timeout=10)


def test_a_paused_program_can_be_stopped(sleeper: Child) -> None:
    sleeper.pause()

    sleeper.stop()

    assert sleeper.returncode == -signal.SIGTERM


def test_a_running_child_is_not_started_twice(sleeper: Child) -> None:
    with pytest.raises(RuntimeError, match="already running"):
        sleeper.start()


def test_stopping_what_never_ran_does_nothing(log_path: Path) -> None:
    child = python(SLEEPER, log_path)

    child.stop()
    child.kill()

    assert child.pid is None


def test_a_program_that_is_not_installed_is_named(log_path: Path) -> None:
    with pytest.raises(PartFailed, match="/nowhere/program"):
        Child("ghost", ["/nowhere/program"], log_path=log_path).start()


def test_a_part_that_dies_at_start_says_where_its_log_is(log_path: Path) -> None:
    child = python("import sys; print('the disk is full'); sys.exit(7)", log_path)
    child.start()

    with pytest.raises(PartFailed) as caught:
        wait_until(lambda: False, "an answer", timeout=10, child=child)

    assert "ended with code 7" in caught.value.reason
    assert "an answer" in caught.value.reason
    assert str(log_path) in caught.value.reason
    assert caught.value.tail == "the disk is full"
    assert "the disk is full" in str(caught.value)


class Silent(Part):
    start_seconds = 0.2

    def __init__(self, child: Child) -> None:
        self.name, self.url, self.child = "silent", "nowhere", child

    def answers(self) -> bool:
        return False


def test_a_part_that_does_not_answer_in_time_leaves_no_process(log_path: Path) -> None:
    part = Silent(python(SLEEPER, log_path))

    with pytest.raises(PartFailed, match=r"nothing, 0\.\d s"):
        part.start()

    assert not part.child.alive


def test_parts_are_stopped_when_a_later_one_cannot_start(tmp_path: Path) -> None:
    first = Silent(python(SLEEPER, tmp_path / "first.log"))
    first.answers = lambda: True  # type: ignore[method-assign]
    second = Silent(python(SLEEPER, tmp_path / "second.log"))

    with pytest.raises(PartFailed), running(first, second):
        pytest.fail("the second part never answered")

    assert first.child.returncode == -signal.SIGTERM


def test_no_port_is_given_twice() -> None:
    ports = [free_port() for _ in range(200)]

    assert len(set(ports)) == len(ports)


@on_linux
def test_a_port_that_was_given_here_is_given_to_no_other_process() -> None:
    mine = free_port()

    done = subprocess.run(
        [sys.executable, "-c", ASKS_FOR, str(mine)], capture_output=True, text=True, check=True
    )

    assert len(done.stdout.split()) > 1  # the first answer was refused


@on_linux
def test_children_die_with_their_parent(log_path: Path) -> None:
    log_path.parent.mkdir()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(log_path)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        assert process_state(orphan)
        parent.kill()

    wait_until(lambda: process_state(orphan) in ("", "Z"), "the end of the orphan", timeout=10)


def test_a_child_outlives_the_thread_that_started_it(log_path: Path) -> None:
    child = python(SLEEPER, log_path)
    starter = threading.Thread(target=child.start)
    starter.start()
    starter.join()

    wait_until(lambda: "up" in child.log_tail(), "its first line", timeout=10, child=child)
    assert child.alive

    child.kill()


def program(folder: Path, name: str, line: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{line}' >&2\nexit 1\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("java", "missing"),
    [
        (None, "java 17 or newer"),
        ('openjdk version "11.0.2" 2019-01-15', "java 17 or newer"),
        ('openjdk version "17.0.15" 2025-04-15', "mvn"),
    ],
)
def test_requiring_kafka_names_the_program_that_is_missing(
    java: str | None,
    missing: str,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if java is not None:
        program(tmp_path, "java", java)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert apache.main(["--require"]) == 3

    assert missing in capsys.readouterr().err


def test_jars_that_cannot_be_fetched_are_reported_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program(tmp_path, "java", 'openjdk version "21" 2023-09-19')
    program(tmp_path, "mvn", "no route to the registry")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    assert apache.main(["--require"]) == 3

    assert "no route to the registry" in capsys.readouterr().err
    assert list((tmp_path / "cache" / "salur").iterdir()) == []


def test_given_properties_win_over_kafkas_own(tmp_path: Path) -> None:
    kafka = ApacheKafka(tmp_path, properties={"auto.create.topics.enable": "true", "a.b": "c"})

    assert kafka.properties["auto.create.topics.enable"] == "true"
    assert kafka.properties["a.b"] == "c"
    assert kafka.properties["node.id"] == "1"


@pytest.fixture(scope="module")
def tansu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tansu]:
    part = Tansu(tmp_path_factory.mktemp("tansu"))
    with running(part):
        yield part


@pytest.fixture(scope="module")
def secantus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secantus]:
    part = Secantus(tmp_path_factory.mktemp("secantus"))
    with running(part):
        yield part


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    part = ApacheKafka(tmp_path_factory.mktemp("kafka"))
    with running(part):
        yield part


async def create_topic(url: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=url)
    await admin.start()
    try:
        answer = await admin.create_topics(
            [NewTopic(topic, num_partitions=1, replication_factor=1)]
        )
    finally:
        await admin.close()
    assert [code for _, code, *_ in answer.topic_errors] == [0]


async def produce(url: str, topic: str, value: bytes, *, idempotent: bool) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=url, enable_idempotence=idempotent, acks="all")
    async with producer:
        await producer.send_and_wait(topic, value)


async def first_value(url: str, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=url, auto_offset_reset="earliest")
    async with consumer:
        record = await consumer.getone()
    value: bytes = record.value
    return value


@pytest.mark.connected
async def test_tansu_hands_on_a_record(tansu: Tansu) -> None:
    await create_topic(tansu.url, "filed")

    await produce(tansu.url, "filed", b"a complaint", idempotent=False)

    assert await first_value(tansu.url, "filed") == b"a complaint"


@pytest.mark.connected
def test_tansu_starts_again_on_its_port_after_a_crash(tansu: Tansu) -> None:
    url = tansu.url

    tansu.kill()
    assert not tansu.answers()
    tansu.restart()

    assert tansu.answers()
    assert tansu.url == url


@pytest.mark.connected
def test_the_database_keeps_acknowledged_writes_over_a_crash(secantus: Secantus) -> None:
    with MongoClient[dict[str, object]](secantus.url) as client:
        cases = client.salur.get_collection("cases", write_concern=WriteConcern(w="majority"))
        cases.insert_many([{"_id": number, "state": "filed"} for number in range(100)])
        cases.update_many({}, {"$set": {"state": "routed"}})
        secantus.kill()

        secantus.restart()

        assert cases.count_documents({"state": "routed"}) == 100


@pytest.mark.connected
def test_the_database_can_be_away_and_return(secantus: Secantus) -> None:
    secantus.stop()
    assert not secantus.answers()

    secantus.start()

    assert secantus.answers()


@pytest.mark.connected
@pytest.mark.apache
async def test_kafka_hands_on_a_record_of_an_idempotent_producer(kafka: ApacheKafka) -> None:
    await create_topic(kafka.url, "filed")

    await produce(kafka.url, "filed", b"a complaint", idempotent=True)

    assert await first_value(kafka.url, "filed") == b"a complaint"


@pytest.mark.connected
@pytest.mark.apache
async def test_kafka_keeps_an_acknowledged_record_over_a_crash(kafka: ApacheKafka) -> None:
    await create_topic(kafka.url, "kept")
    await produce(kafka.url, "kept", b"acknowledged", idempotent=True)

    await asyncio.to_thread(kafka.kill)
    await asyncio.to_thread(kafka.restart)

    assert await first_value(kafka.url, "kept") == b"acknowledged"


@pytest.mark.connected
@pytest.mark.apache
async def test_kafka_creates_no_topic_by_itself(kafka: ApacheKafka) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.url, request_timeout_ms=1000)

    async with producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.send_and_wait("nobody-made-this", b"lost")
