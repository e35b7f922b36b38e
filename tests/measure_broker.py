"""What the broker costs beside Mosquitto: `python3 tests/measure_broker.py FOLDER [PART ...]`, not a test.

The same load (`crates/load`) goes to both in turn, over mutual TLS with certificates of ECDSA P-256, on this machine: with a least-privilege
policy in thingwarden, and with an access list in Mosquitto (Debian package `mosquitto`). Rounds are pairs, one after the
other, and medians of the pairs' ratios are told, because the machine does other things too; processor time of the brokers' processes hardly
depends on that. Set THINGWARDEN_BINARY to a release build. Parts: connects messages latency policy idle revocation."""

import concurrent.futures
import datetime
import ipaddress
import json
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent / "mqtt")]

from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.x509.oid import NameOID  # noqa: E402
from devices import ALL, allow, policy  # noqa: E402
from serving import Server  # noqa: E402

ROOT = pathlib.Path(__file__).parent.parent
LOAD = ROOT / "target/release/thingwarden-load"
ROUNDS = 5
IDENTITIES = 200
CLIENTS = 201
THING = "${iot:Connection.Thing.ThingName}"
# As a fleet's policy is: each device in its own name; whoever collects reads them all.
LEAST = policy(
    allow("iot:Connect", f"client/{THING}"),
    allow(["iot:Publish", "iot:RetainPublish"], f"topic/load/{THING}/*", f"topic/$aws/things/{THING}/shadow/*"),
    allow("iot:Subscribe", f"topicfilter/load/{THING}/*", "topicfilter/load/*/data"),
    allow("iot:Receive", f"topic/load/{THING}/*", "topic/load/*/data"),
)
ACCESS_LIST = "pattern write load/%c/#\npattern readwrite $aws/things/%c/shadow/#\npattern read load/%c/#\npattern read load/+/data\n"
ENVIRONMENT = {
    # Neither broker is to drop what the other one carries.
    "THINGWARDEN_LIMITS__MQTT_QUEUED_MESSAGES": "100000",
    "THINGWARDEN_LIMITS__MQTT_QUEUED_BYTES": "104857600",
    "THINGWARDEN_LIMITS__MQTT_CONNECTIONS": "20000",
    "THINGWARDEN_LIMITS__REQUESTS_PER_SECOND": "0",
}


class Authority:
    """A certificate authority of P-256, and what it issues."""

    def __init__(self, folder):
        self.key, self.name = ec.generate_private_key(ec.SECP256R1()), self._name("measured")
        self.file = folder / "ca.pem"
        certificate = self._builder("measured", self.key).add_extension(x509.BasicConstraints(True, None), True)
        self.pem = self._pem(certificate)
        self.file.write_bytes(self.pem)

    @staticmethod
    def _name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def _builder(self, name, key):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder().subject_name(self._name(name)).issuer_name(self.name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=30))
        )

    def _pem(self, builder):
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def issue(self, file, name, **extensions):
        """Writes NAME.pem and NAME.key, and gives the certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(name, key)
        if extensions.get("host"):
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(extensions["host"]))]), False
            )
        pem = self._pem(builder)
        file.with_suffix(".pem").write_bytes(pem)
        encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.with_suffix(".key").write_bytes(key.private_bytes(*encoding))
        return pem.decode()


class Broker:
    """One of those that are measured: where it listens, and its process."""

    def __init__(self, house, address, pid):
        self.house, self.address, self.pid = house, address, pid

    def command(self, what, *arguments):
        common = ["--address", self.address, "--ca", self.house.authority.file, "--identities", self.house.identities]
        return list(map(str, [LOAD, what, *common, *arguments]))

    def load(self, what, *arguments):
        done = subprocess.run(self.command(what, "--pid", self.pid, *arguments), stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def memory(self):
        """Resident memory of its own, in bytes."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024


class Held:
    """Connections that do nothing."""

    def __init__(self, broker, clients, prefix="load-"):
        command = broker.command("hold", "--clients", clients, "--prefix", prefix)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert json.loads(self.process.stdout.readline()) == {"open": clients}

    def ends(self, count):
        """When the next ones end: {client: nanoseconds}."""
        lines = [json.loads(self.process.stdout.readline()) for _ in range(count)]
        return {line["ended"]: line["at_ns"] for line in lines}

    def let_go(self):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait()


class House:
    """Certificates that both brokers know, and the brokers."""

    def __init__(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        self.folder, self.identities = folder, folder / "identities"
        self.identities.mkdir(parents=True)
        self.authority = Authority(folder)
        self.authority.issue(folder / "broker", "broker", host="127.0.0.1")
        self.devices = {f"{n:04}": self.authority.issue(self.identities / f"{n:04}", f"device-{n}") for n in range(IDENTITIES)}
        self.certificate_ids, self.running = [], []
        self.thingwarden = self._thingwarden()
        self.mosquitto = self._mosquitto()

    def _thingwarden(self):
        options = ("--mqtt-listen", "127.0.0.1:0", "--mqtt-tls-cert", self.folder / "broker.pem", "--mqtt-tls-key", self.folder / "broker.key")
        self.server = Server(self.folder, *options, environment=ENVIRONMENT)
        iot = self.iot = self.server.client()
        for name, document in [("least", LEAST), ("all", ALL)]:
            iot.create_policy(policyName=name, policyDocument=document)
        for number in range(CLIENTS):
            iot.create_thing(thingName=f"load-{number}")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.arns = list(pool.map(self._register, enumerate(self.devices.values())))
        return Broker(self, self.server.addresses["mqtt"], self.server.process.pid)

    def _register(self, numbered):
        number, pem = numbered
        arn = self.iot.register_certificate_without_ca(certificatePem=pem, status="ACTIVE")["certificateArn"]
        self.iot.attach_policy(policyName="least", target=arn)
        for client in range(number, CLIENTS, IDENTITIES):
            self.iot.attach_thing_principal(thingName=f"load-{client}", principal=arn)
        return arn

    def _mosquitto(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        (self.folder / "acl").write_text(ACCESS_LIST)
        (self.folder / "mosquitto.conf").write_text(
            f"listener {port} 127.0.0.1\ncafile {self.authority.file}\ncertfile {self.folder}/broker.pem\nkeyfile {self.folder}/broker.key\n"
            f"require_certificate true\nuse_identity_as_username true\nacl_file {self.folder}/acl\nset_tcp_nodelay true\n"
            "max_inflight_messages 100\nmax_queued_messages 0\nlog_type error\nuser root\n"
        )
        with open(self.folder / "mosquitto.log", "ab") as log:
            process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", self.folder / "mosquitto.conf"], stderr=log)
        self.running.append(process)
        wait_for(port)
        return Broker(self, f"127.0.0.1:{port}", process.pid)

    def policies(self, name):
        """Gives every certificate this policy and no other."""
        def exchange(arn):
            for old in self.iot.list_attached_policies(target=arn)["policies"]:
                self.iot.detach_policy(policyName=old["policyName"], target=arn)
            self.iot.attach_policy(policyName=name, target=arn)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(exchange, self.arns))

    def close(self):
        self.server.kill()
        for process in self.running:
            process.kill()
            process.wait()


def wait_for(port):
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
    raise AssertionError("Mosquitto does not listen")


def pairs(what, one, other, names=("thingwarden", "Mosquitto")):
    """Runs both in turn, and tells medians and the spread of the ratios."""
    rounds = [(one(), other()) for _ in range(ROUNDS)]
    def middle(side, key):
        return statistics.median(pair[side][key] for pair in rounds)

    def ratios(key):
        return sorted(pair[0][key] / pair[1][key] for pair in rounds if pair[1][key])

    print(what)
    for side, name in enumerate(names):
        values = [middle(side, key) for key in ("per_second", "cpu_us", "p50_ms", "p99_ms")]
        print("  {:<12} {:>9,.0f}/s {:>8.2f} us of processor time each; p50 {:.2f} ms, p99 {:.2f} ms".format(name, *values))
    for key, label in [("per_second", "rate"), ("cpu_us", "processor time")]:
        found = ratios(key)
        if found:
            print(f"  ratio of {label}: {statistics.median(found):.2f} ({found[0]:.2f} to {found[-1]:.2f})")
    sys.stdout.flush()


def both(house, what, *arguments):
    return [lambda broker=broker: broker.load(what, *arguments) for broker in (house.thingwarden, house.mosquitto)]


def connects(house):
    pairs("connects, 8 at a time", *both(house, "connects", "--clients", 8))


SHAPES = {
    "fan-in, 50 publishers to 1": ("all", 50, 1, 20),
    "fan-out, 1 publisher to 100": ("all", 1, 100, 20),
    "each to its own, 50": ("own", 50, 50, 20),
}


def traffic(shape, publishers, subscribers, window, qos, *more):
    named = {"shape": shape, "publishers": publishers, "subscribers": subscribers, "window": window, "qos": qos}
    return [argument for name, value in named.items() for argument in (f"--{name}", value)] + list(more)


def messages(house):
    for name, shape in SHAPES.items():
        for qos in (0, 1):
            pairs(f"{name}, QoS {qos}", *both(house, "messages", *traffic(*shape, qos)))


def latency(house):
    for qos in (0, 1):
        pairs(f"50 publishers to 1 at 2,000/s, QoS {qos}", *both(house, "messages", *traffic("all", 50, 1, 100, qos, "--rate", 2000)))


def policies(house):
    """One statement that allows all against the least-privilege policy, on the same broker."""
    for name in ("fan-in, 50 publishers to 1", "each to its own, 50"):
        def under(policy):
            house.policies(policy)
            return house.thingwarden.load("messages", *traffic(*SHAPES[name], 0))

        pairs(f"policies: {name}, QoS 0", lambda: under("least"), lambda: under("all"), ("variables", "a single *"))
    house.policies("least")


def idle(house):
    """Bytes for each idle connection, beside the TLS library alone."""
    command = [LOAD, "bare", "--cert", house.folder / "broker.pem", "--key", house.folder / "broker.key", "--ca", house.authority.file]
    house.policies("all")
    for clients in (1000, 10000):
        # Fresh processes: what earlier loads left behind would be counted or reused.
        house.server.stop()
        house.server.start()
        house.iot = house.server.client()
        house.thingwarden = Broker(house, house.server.addresses["mqtt"], house.server.process.pid)
        house.running.pop().kill()
        house.mosquitto = house._mosquitto()
        bare = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
        house.running.insert(0, bare)
        address = json.loads(bare.stdout.readline())["address"]
        for name, broker in [("thingwarden", house.thingwarden), ("TLS alone", Broker(house, address, bare.pid)), ("Mosquitto", house.mosquitto)]:
            before = broker.memory()
            held = Held(broker, clients)
            each = (broker.memory() - before) / clients
            print(f"idle, {clients} connections: {name} {each / 1024:.1f} KiB each")
            sys.stdout.flush()
            held.let_go()
    house.policies("least")


def revocation(house, live=10000, revoked=100):
    """From the answer to the call that deactivates a certificate until its connections have ended."""
    house.policies("all")
    held = Held(house.thingwarden, live)
    each, delays, calls = live // IDENTITIES, [], []
    for number in range(revoked):
        begun = time.time_ns()
        house.iot.update_certificate(certificateId=house.arns[number].rpartition("/")[2], newStatus="INACTIVE")
        answered = time.time_ns()
        calls.append((answered - begun) / 1e6)
        ended = held.ends(each)
        assert all(client % IDENTITIES == number for client in ended)
        delays += [(at - answered) / 1e6 for at in ended.values()]
    held.let_go()
    tell_ends(f"revocation, {live} live sessions, {len(delays)} ended by {revoked} calls", delays, calls)
    for number in range(revoked):
        house.iot.update_certificate(certificateId=house.arns[number].rpartition("/")[2], newStatus="ACTIVE")
    # One call that all of them hear of: first one that leaves them what they have, then one that ends them.
    held = Held(house.thingwarden, live)
    allowed, _ = timed(lambda: house.iot.create_policy_version(policyName="all", policyDocument=ALL, setAsDefault=True))
    nothing = policy(allow("iot:Publish", "topic/x"))
    took, answered = timed(lambda: house.iot.create_policy_version(policyName="all", policyDocument=nothing, setAsDefault=True))
    delays = [(at - answered) / 1e6 for at in held.ends(live).values()]
    held.let_go()
    print(f"a version of a policy of {live} live sessions that changes nothing for them: the call takes {allowed:.1f} ms")
    tell_ends(f"a version that ends all {live}", delays, [took])
    house.iot.set_default_policy_version(policyName="all", policyVersionId="1")
    house.policies("least")


def timed(call):
    """Milliseconds that a call takes, and when it was answered."""
    begun = time.time_ns()
    call()
    answered = time.time_ns()
    return (answered - begun) / 1e6, answered


def tell_ends(what, delays, calls):
    delays.sort()
    p50, p99, most = delays[len(delays) // 2], delays[len(delays) * 99 // 100], delays[-1]
    print(f"{what}: after the answer p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {most:.2f} ms; the call itself p50 {statistics.median(calls):.2f} ms")


PARTS = {"connects": connects, "messages": messages, "latency": latency, "policy": policies, "idle": idle, "revocation": revocation}


def main():
    folder, wanted = pathlib.Path(sys.argv[1]), sys.argv[2:] or list(PARTS)
    subprocess.run(["cargo", "build", "--release", "--package", "thingwarden-load"], cwd=ROOT, check=True)
    house = House(folder)
    try:
        for part in wanted:
            PARTS[part](house)
    finally:
        house.close()


if __name__ == "__main__":
    main()
