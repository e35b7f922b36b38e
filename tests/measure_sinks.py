"""What deliveries, sinks and undoing cost: `python3 tests/measure_sinks.py FOLDER [deliveries|waiting|hub=N|undo=N ...]`, not a test.

FOLDER is made. Without more, everything is measured with small numbers. Set THINGWARDEN_BINARY to a release build."""

import http.server
import json
import pathlib
import subprocess
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).parent / "aws"))

import mitigation_tasks as tasks
import own
from audits import PERMISSIVE_CHECK, enable, import_policies, run
from conftest import BINARY
from receivers import Receiver, subscribe
from serving import REGION, Server

PRIVATE = {"THINGWARDEN_NOTIFICATIONS__ALLOW_PRIVATE_TARGETS": "true"}
HUB = '[[sinks]]\nname = "hub"\ntype = "security-hub"\n'


def memory(server, name="RssAnon"):
    """MiB that the process has of its own now, or with VmHWM had at most."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0]) // 1024


def publish(sns, topic, count):
    begun = time.monotonic()
    for start in range(0, count, 10):
        entries = [{"Id": str(at), "Message": f"m{start + at}"} for at in range(10)]
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    return count / (time.monotonic() - begun)


def deliveries(folder, count=5000):
    """From one client that publishes, in batches of ten, to receivers on this machine, which are Python."""
    for endpoints in (1, 16):
        server = Server(folder, environment=PRIVATE)
        sns = server.client("sns")
        topic = sns.create_topic(Name=f"t{endpoints}")["TopicArn"]
        receivers = [Receiver(confirms=True) for _ in range(endpoints)]
        for receiver in receivers:
            subscribe(sns, topic, receiver)
        each, begun = count // endpoints // 10 * 10, time.monotonic()
        rate = publish(sns, topic, each)
        for receiver in receivers:
            receiver.wait_for(lambda it: len(it.requests) > each, 600)
        took = time.monotonic() - begun
        print(f"{endpoints} endpoints: {each * endpoints / took:.0f} deliveries/s in {took:.1f} s; published {rate:.0f}/s; {memory(server)} MiB")
        for receiver in receivers:
            receiver.die()
        server.stop()


def waiting(folder, count=100_000):
    """Messages that wait for an endpoint that is not there."""
    server = Server(folder, environment=PRIVATE)
    sns = server.client("sns")
    topic = sns.create_topic(Name="waiting")["TopicArn"]
    receiver = Receiver(confirms=True)
    subscribe(sns, topic, receiver)
    receiver.die()
    before = memory(server)
    rate = publish(sns, topic, count)
    print(f"{count} waiting: {before} MiB before, {memory(server)} MiB after, at most {memory(server, 'VmHWM')} MiB; published {rate:.0f}/s")
    begun = time.monotonic()
    command = [BINARY, "deliveries", "--data", folder / "data", "--format", "json"]
    queues = subprocess.run(command, capture_output=True, check=True).stdout
    print(f"thingwarden deliveries: {time.monotonic() - begun:.2f} s, {json.loads(queues.splitlines()[0])['waiting']} waiting")
    server.stop()
    begun = time.monotonic()
    server.start()
    print(f"start with them: {time.monotonic() - begun:.2f} s, {memory(server)} MiB")
    own.call(server, "PurgeDeliveries", {"state": "WAITING"})
    server.stop()


class CountingHub:
    """Takes all findings, refuses every third call, and looks at nothing, so that it is not what is measured."""

    def __init__(self):
        self.taken, self.calls, self.bytes = 0, 0, 0
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                hub.calls += 1
                throttled = hub.calls % 3 == 0
                sent = body.count(b'"SchemaVersion"')
                if not throttled:
                    hub.taken += sent
                    hub.bytes += len(body)
                answer = {"__type": "LimitExceededException"} if throttled else {"FailedCount": 0, "SuccessCount": sent, "FailedFindings": []}
                data = json.dumps(answer).encode()
                self.send_response(429 if throttled else 200)
                if throttled:
                    self.send_header("retry-after", "0")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.environment = {
            "AWS_ENDPOINT_URL_SECURITYHUB": f"http://127.0.0.1:{self.server.server_port}",
            "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s",
        }


def policies(folder, count):
    begun = time.monotonic()
    import_policies(folder, count)
    print(f"{count} policies imported in {time.monotonic() - begun:.1f} s")


def hub(folder, count):
    folder = folder / f"hub-{count}"
    folder.mkdir(parents=True)
    policies(folder, count)
    counting = CountingHub()
    (folder / "tw.toml").write_text(HUB)
    server = Server(folder, "--config", folder / "tw.toml", environment=counting.environment)
    enable(server.client(), PERMISSIVE_CHECK)
    begun = time.monotonic()
    run(server.client(), PERMISSIVE_CHECK, seconds=3600)
    audited = time.monotonic() - begun
    print(f"{count} findings: audit {audited:.1f} s, then {memory(server)} MiB")
    most = 0
    while counting.taken < count:
        most = max(most, memory(server))
        time.sleep(0.2)
    took = time.monotonic() - begun - audited
    print(
        f"{counting.taken} findings taken in {counting.calls} calls, every third refused, {counting.bytes >> 20} MiB, in {took:.1f} s: "
        f"{count / took:.0f}/s; at most {most} MiB of its own, {memory(server, 'VmHWM')} MiB with what is mapped of the file"
    )
    server.stop()


def undo(folder, count):
    folder = folder / f"undo-{count}"
    folder.mkdir(parents=True)
    policies(folder, count)
    server = Server(folder)
    iot = server.client()
    role = tasks.role(server, "Mitigate", "iot:CreatePolicyVersion")
    iot.create_mitigation_action(actionName="blank", roleArn=role, actionParams=tasks.parameters("")["blank"])
    enable(iot, PERMISSIVE_CHECK)
    audit, _ = run(iot, PERMISSIVE_CHECK, seconds=3600)
    begun = time.monotonic()
    tasks.run(iot, "fix", {"auditTaskId": audit}, {PERMISSIVE_CHECK: ["blank"]}, seconds=3600)
    print(f"{count} policies replaced in {time.monotonic() - begun:.1f} s", end="")
    while not own.call(server, "DescribeMitigation", {"taskId": "fix"})["isSettled"]:
        time.sleep(0.1)
    print(f", verified after {time.monotonic() - begun:.1f} s; {memory(server)} MiB, at most {memory(server, 'VmHWM')} MiB")
    begun = time.monotonic()
    command = [BINARY, "undo", "fix", "--data", folder / "data", "--endpoint", server.url, "--region", REGION, "--format", "json"]
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == count, done.stderr
    print(f"{count} undone in {time.monotonic() - begun:.1f} s; {memory(server)} MiB, at most {memory(server, 'VmHWM')} MiB")
    server.stop()


def main(folder, *wanted):
    folder.mkdir(parents=True)
    for one in wanted or ("deliveries", "waiting", "hub=10000", "undo=1000"):
        name, _, count = one.partition("=")
        print(f"\n{one}")
        {"deliveries": deliveries, "waiting": waiting, "hub": hub, "undo": undo}[name](folder, *([int(count)] if count else []))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
