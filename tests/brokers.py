"""Brokers for tests and benchmarks: Kafka and the Pub/Sub emulator, as processes of this machine."""

from __future__ import annotations

import socket
import subprocess
import time
import uuid
from pathlib import Path

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from docassay.pipelines.runners.services import free_port, tied_to_parent

JARS = Path("~/.cache/docassay/kafka-broker").expanduser()

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={logs}
num.partitions=1
message.max.bytes=30000000
replica.fetch.max.bytes=30000000
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


class Kafka:
    """A Kafka broker of one node, whose data survives a kill and a restart."""

    def __init__(self, folder: Path) -> None:
        """Format a new broker below a folder, and start it."""
        self.folder = folder
        self.port, controller = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._properties = folder / "server.properties"
        self._properties.write_text(
            PROPERTIES.format(port=self.port, controller=controller, logs=folder / "logs")
        )
        # One argument: an id may begin with a dash, and alone it would be read as an option.
        cluster = f"--cluster-id={_cluster_id()}"
        self._run("kafka.tools.StorageTool", "format", cluster, "--config", str(self._properties))
        self.start()

    def start(self) -> None:
        """Start, or start again after a kill, and wait until it listens."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                tied_to_parent(self._command("kafka.Kafka", str(self._properties))),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        _wait(self.port, self.process)

    def kill(self) -> None:
        """Kill the broker, as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Shut the broker down."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def topic(self, name: str, partitions: int = 1) -> str:
        """Create a topic, and return its source address."""
        admin = KafkaAdminClient(bootstrap_servers=self.address)
        admin.create_topics([NewTopic(name, partitions, 1)])
        admin.close()
        return f"kafka://{self.address}/{name}"

    def producer(self) -> KafkaProducer:
        """Make a producer whose largest request is as large as the broker allows."""
        return KafkaProducer(bootstrap_servers=self.address, max_request_size=30_000_000)

    def _command(self, *arguments: str) -> list[str]:
        return ["java", "-Xmx512m", "-cp", f"{JARS}/*", *arguments]

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(self._command(*arguments), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def _cluster_id() -> str:
    import base64

    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None and time.monotonic() < deadline, "it does not start"
        time.sleep(0.1)


class PubSub:
    """Google's Pub/Sub emulator, if this machine has its jar; a subscription has the name of its topic."""

    PROJECT = "test-project"
    JAR = "cloud-pubsub-emulator-*-all.jar"
    PLACES = (
        Path("/usr/lib/google-cloud-sdk/platform/pubsub-emulator/lib"),
        Path("~/.cache/docassay/pubsub").expanduser(),
    )

    def __init__(self, folder: Path) -> None:
        """Start the emulator; the folder is for its log."""
        jar = self.jar()
        assert jar, f"there is no {self.JAR} in any of {self.PLACES}"
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                tied_to_parent(["java", "-Xmx256m", "-jar", str(jar), "--host=127.0.0.1", f"--port={port}"]),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        _wait(port, self.process)

    @classmethod
    def jar(cls) -> Path | None:
        """Find the emulator's jar, if this machine has it."""
        return next((jar for folder in cls.PLACES for jar in sorted(folder.glob(cls.JAR))), None)

    def topic(self, name: str, ack_seconds: int = 10) -> str:
        """Create a topic with a subscription, and return its source address."""
        from google.cloud import pubsub_v1

        self._publisher = pubsub_v1.PublisherClient()
        topic = f"projects/{self.PROJECT}/topics/{name}"
        self._publisher.create_topic(request={"name": topic})
        with pubsub_v1.SubscriberClient() as client:
            subscription = f"projects/{self.PROJECT}/subscriptions/{name}"
            client.create_subscription(
                request={"name": subscription, "topic": topic, "ack_deadline_seconds": ack_seconds}
            )
        return f"pubsub://{self.PROJECT}/{name}"

    def publish(self, topic: str, body: bytes, **attributes: str) -> None:
        """Publish a message, and wait until the broker has it."""
        self._publisher.publish(f"projects/{self.PROJECT}/topics/{topic}", body, **attributes).result()

    def stop(self) -> None:
        """Kill the emulator, which has no data to save."""
        self.process.kill()
        self.process.wait()
