"""`thingwarden serve` and `thingwarden config` as processes: settings, files, signals, TLS."""

import configparser
import json
import os
import re
import select
import signal
import socket
import ssl
import stat
import subprocess
import time
from urllib.parse import urlsplit

import pytest
from conftest import BINARY

HALF = b"POST /things/t HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nha"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def environment(folder, more):
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **more}


class Process:
    """A server with its output at hand."""

    def __init__(self, folder, *options, more={}, listen="127.0.0.1:0"):
        command = [str(BINARY), "serve", "--data", str(folder / "data"), *map(str, options)]
        command += ["--listen", listen] if listen else []
        pipe = subprocess.PIPE
        # Unbuffered, or else select would not see lines that Python has read already.
        self.process = subprocess.Popen(
            command, bufsize=0, stdout=pipe, stderr=pipe, env=environment(folder, more), cwd=folder)
        self.ready = self.line(self.process.stdout)
        self.url = urlsplit(self.ready.removeprefix("ready api=").strip())
        self.log = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    @staticmethod
    def line(stream, seconds=60):
        assert select.select([stream], [], [], seconds)[0], "no line came"
        return stream.readline().decode()

    def wait_for(self, text):
        """Reads log lines until one has the text."""
        while text not in (line := self.line(self.process.stderr)):
            assert line, f"the log ended without {text!r}:\n{self.log}"
            self.log += line
        self.log += line

    def connect(self):
        return socket.create_connection((self.url.hostname, self.url.port), timeout=20)

    def wait_in_flight(self, count):
        """Until so many requests have been begun, this one not counted."""
        with self.connect() as connection:
            while True:
                connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
                if f"requests_in_flight {count + 1}\n" in connection.recv(65536).decode():
                    return

    def tell(self, what):
        self.process.send_signal(what)

    def end(self):
        """Waits for the end; gives exit code and the rest of standard output."""
        out, err = self.process.communicate(timeout=30)
        self.log += err.decode()
        return self.process.returncode, out.decode()


def run(folder, *arguments, more={}):
    command = [str(BINARY), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment(folder, more), cwd=folder, timeout=60)


def refused(folder, *options, more={}):
    """Standard error of a server that does not start."""
    more = {"THINGWARDEN_SERVER__LISTEN": "127.0.0.1:0", "THINGWARDEN_SERVER__DATA": str(folder / "data"), **more}
    done = run(folder, "serve", *options, more=more)
    assert (done.returncode, done.stdout) == (2, ""), done
    return done.stderr


def status(connection, request=HEALTH):
    connection.sendall(request)
    return int(connection.recv(65536).split()[1])


def is_answered(server):
    try:
        connection = server.connect()
        connection.sendall(HEALTH)
        return connection.recv(65536) != b""
    except OSError:
        return False


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def credentials(folder):
    parser = configparser.ConfigParser()
    parser.read(folder / "data/root-credentials")
    return {profile: dict(parser[profile]) for profile in ("default", *parser.sections()) if parser.has_section(profile)}


@pytest.mark.parametrize("what", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_stops_when_told(tmp_path, what):
    with Process(tmp_path) as server:
        assert re.fullmatch(r"ready api=http://127\.0\.0\.1:[1-9]\d*\n", server.ready)
        assert status(server.connect()) == 200
        server.tell(what)
        assert server.end() == (0, ""), server.log
        assert "stopped" in server.log


def test_its_files_are_its_owners(tmp_path):
    with Process(tmp_path) as server:
        assert mode(tmp_path / "data") == 0o700
        modes = {path.name: mode(path) for path in (tmp_path / "data").iterdir() if path.is_file()}
        assert modes["root-credentials"] == modes["lock"] == 0o600
        assert set(modes.values()) == {0o600}
        server.tell(signal.SIGTERM)
        server.end()
        secret = credentials(tmp_path)["default"]["aws_secret_access_key"]
        assert secret not in server.log and len(secret) == 40


def test_root_credentials_stay(tmp_path):
    with Process(tmp_path):
        made = credentials(tmp_path)
        assert re.fullmatch(r"AKIA[A-Z2-7]{16}", made["default"]["aws_access_key_id"])
    # Killed, as __exit__ does.
    with Process(tmp_path, more={"THINGWARDEN_ACCOUNTS__ADDITIONAL": "111111111111,222222222222"}):
        again = credentials(tmp_path)
        assert again["default"] == made["default"] and set(again) == {"default", "111111111111", "222222222222"}
        assert mode(tmp_path / "data/root-credentials") == 0o600


def test_root_credentials_may_be_given(tmp_path):
    given = {"THINGWARDEN_ROOT_ACCESS_KEY_ID": ID, "THINGWARDEN_ROOT_SECRET_ACCESS_KEY": SECRET}
    with Process(tmp_path, more=given) as server:
        assert not (tmp_path / "data/root-credentials").exists()
        server.tell(signal.SIGTERM)
        assert server.end()[0] == 0 and SECRET not in server.log
    for name in given:
        error = refused(tmp_path, more={name: given[name]})
        assert "is set without" in error and SECRET not in error
    error = refused(tmp_path, more={**given, "THINGWARDEN_ROOT_ACCESS_KEY_ID": SECRET})
    assert "THINGWARDEN_ROOT_ACCESS_KEY_ID: expected" in error and SECRET not in error


def test_damaged_root_credentials_are_left_alone(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/root-credentials").write_text("[default]\naws_access_key_id = AKIA\n")
    assert "root-credentials" in refused(tmp_path)
    assert (tmp_path / "data/root-credentials").read_text() == "[default]\naws_access_key_id = AKIA\n"


def test_a_folder_has_one_server(tmp_path):
    with Process(tmp_path) as first:
        assert "is in use by another server" in refused(tmp_path)
        assert status(first.connect()) == 200
    with Process(tmp_path) as second:
        assert status(second.connect()) == 200, "the lock goes with the process"


def test_what_cannot_be_used_is_told(tmp_path):
    with Process(tmp_path) as server:
        (tmp_path / "other").mkdir()
        assert f"cannot listen on {server.url.netloc}" in refused(tmp_path / "other", "--listen", server.url.netloc)
    (tmp_path / "file").write_text("")
    assert "cannot make the folder" in refused(tmp_path, "--data", tmp_path / "file/below")
    assert "--account-id: is `12`, expected twelve digits" in refused(tmp_path, "--account-id", "12")
    assert "--listen: is `nowhere`" in refused(tmp_path, "--listen", "nowhere")
    assert "`server.tls_cert` is given without `server.tls_key`" in refused(tmp_path, "--tls-cert", "a.pem")
    assert "TLS certificate `a.pem`" in refused(tmp_path, "--tls-cert", "a.pem", "--tls-key", "b.pem")


def test_what_is_in_flight_is_answered_before_the_end(tmp_path):
    with Process(tmp_path) as server:
        in_flight, idle = server.connect(), server.connect()
        assert status(idle) == 200
        in_flight.sendall(HALF)
        server.wait_in_flight(1)
        server.tell(signal.SIGTERM)
        server.wait_for("stopping")
        assert idle.recv(1) == b"", "idle connections are closed at once"
        assert not is_answered(server), "new connections are not"
        in_flight.sendall(b"lf")
        answer = in_flight.recv(65536)
        assert answer.startswith(b"HTTP/1.1 403 ") and b"connection: close" in answer
        assert server.end()[0] == 0


def test_whoever_does_not_finish_is_not_waited_for(tmp_path):
    with Process(tmp_path) as server:
        stuck = server.connect()
        stuck.sendall(HALF)
        server.wait_in_flight(1)
        started = time.monotonic()
        server.tell(signal.SIGTERM)
        assert server.end()[0] == 0
        assert time.monotonic() - started < 10
        assert "stopping before all requests are answered" in server.log


def test_logs_can_be_json(tmp_path):
    with Process(tmp_path, "--log-format", "json", more={"THINGWARDEN_SERVER__LOG_LEVEL": "debug"}) as server:
        connection = server.connect()
        connection.sendall(b"GET /things?X-Amz-Signature=0123secret HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = connection.recv(65536).decode()
        server.tell(signal.SIGTERM)
        server.end()
        lines = [json.loads(line) for line in server.log.splitlines()]
        (line,) = [line for line in lines if line["message"] == "answered"]
        assert line["path"] == "/things" and line["status"] == 403
        assert f"x-amzn-requestid: {line['request_id']}" in answer
        assert "0123secret" not in server.log


# Settings


CONFIG = """
[server]
region = "eu-central-1"
log_format = "json"
[limits]
policy_versions = 7
[audit]
fail_on = "high"
online = true
"""


def settings(folder, *options, more={}):
    done = run(folder, "config", "print", "--format", "json", *options, more=more)
    assert done.returncode == 0, done.stderr
    return {one["key"]: one for one in json.loads(done.stdout)}


def test_settings_know_where_they_come_from(tmp_path):
    (tmp_path / "tw.toml").write_text(CONFIG)
    more = {"THINGWARDEN_SERVER__REGION": "eu-west-1", "THINGWARDEN_ACCOUNTS__ADDITIONAL": "111111111111"}
    found = settings(tmp_path, "--config", "tw.toml", more=more)
    shown = {key: (one["value"], one["source"]) for key, one in found.items()}
    assert shown["server.region"] == ("eu-west-1", "environment")
    assert shown["limits.policy_versions"] == (7, "file, line 6")
    assert shown["audit.online"] == (True, "file, line 9")
    assert shown["accounts.additional"] == (["111111111111"], "environment")
    assert shown["limits.thing_type_deletion_delay_seconds"] == (300, "default")
    assert found["limits.thing_type_deletion_delay_seconds"]["unit"] == "seconds"
    assert all(one["about"] for one in found.values())


def test_options_beat_the_environment_and_the_environment_the_file(tmp_path):
    (tmp_path / "tw.toml").write_text('[server]\nlisten = "127.0.0.1:1"\nlog_format = "json"\n')
    more = {"THINGWARDEN_SERVER__LISTEN": "127.0.0.2:0", "THINGWARDEN_SERVER__LOG_FORMAT": "json"}
    with Process(tmp_path, "--config", "tw.toml", "--log-format", "text", more=more, listen=None) as server:
        assert server.url.hostname == "127.0.0.2"
        server.tell(signal.SIGTERM)
        server.end()
        assert server.log and not server.log.startswith("{")


def test_printed_settings_are_a_configuration(tmp_path):
    more = {"THINGWARDEN_ACCOUNTS__ADDITIONAL": "111111111111,222222222222", "THINGWARDEN_ENDPOINT__ADDRESS": "iot.example:8443"}
    printed = run(tmp_path, "config", "print", "--format", "toml", more=more).stdout
    (tmp_path / "printed.toml").write_text(printed)
    assert run(tmp_path, "config", "check", "printed.toml").returncode == 0
    values = lambda found: {key: one["value"] for key, one in found.items()}
    assert values(settings(tmp_path, "--config", "printed.toml")) == values(settings(tmp_path, more=more))
    table = run(tmp_path, "config", "print").stdout
    assert "limits.thing_type_deletion_delay_seconds = 300 seconds  (default; default 300)" in table


def test_a_bad_configuration_is_told_whole(tmp_path):
    (tmp_path / "tw.toml").write_text('[server]\nlisten = 1\nregoin = "x"\n[limits]\nconnections = 0\n')
    for command in (["config", "check", "tw.toml"], ["serve", "--config", "tw.toml"], ["config", "print", "--config", "tw.toml"]):
        done = run(tmp_path, *command)
        assert (done.returncode, done.stdout) == (2, "")
        assert [line.split(": ", 2)[1] for line in done.stderr.splitlines()] == ["tw.toml:2", "tw.toml:3", "tw.toml:5"]
        assert "did you mean `server.region`?" in done.stderr
    done = run(tmp_path, "config", "check", more={"THINGWARDEN_SERVER__REGOIN": "x"})
    assert done.returncode == 2 and "did you mean `THINGWARDEN_SERVER__REGION`?" in done.stderr
    assert run(tmp_path, "config", "check", "nowhere.toml").returncode == 2
    assert run(tmp_path, "config", "check").returncode == 0


# TLS


def make_certificate(folder, name):
    """Certificate and key in their places, made by openssl."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
               "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
               "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "cert.pem").read_text()


def tls(server, trusted, only=None):
    context = ssl.create_default_context(cadata=trusted)
    if only:
        context.minimum_version = context.maximum_version = only
    return context.wrap_socket(server.connect(), server_hostname="localhost")


def test_tls_is_spoken_and_read_again(tmp_path):
    first = make_certificate(tmp_path, "first")
    with Process(tmp_path, "--tls-cert", "cert.pem", "--tls-key", "key.pem") as server:
        assert server.url.scheme == "https"
        old = tls(server, first)
        assert old.version() == "TLSv1.3" and status(old) == 200
        assert tls(server, first, ssl.TLSVersion.TLSv1_2).version() == "TLSv1.2"
        with pytest.warns(DeprecationWarning), pytest.raises((ssl.SSLError, ConnectionError)):
            tls(server, first, ssl.TLSVersion.TLSv1_1)

        second = make_certificate(tmp_path, "second")
        server.tell(signal.SIGHUP)
        server.wait_for("read again")
        assert status(tls(server, second)) == 200
        with pytest.raises(ssl.SSLError):
            tls(server, first)
        assert status(old) == 200, "connections go on"

        (tmp_path / "key.pem").write_text("nonsense")
        server.tell(signal.SIGHUP)
        server.wait_for("stay as they were")
        assert status(tls(server, second)) == 200
        server.tell(signal.SIGTERM)
        assert server.end()[0] == 0


def test_a_key_of_another_certificate_is_refused(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    make_certificate(tmp_path, "one")
    make_certificate(other, "two")
    assert "other/key.pem" in refused(tmp_path, "--tls-cert", "cert.pem", "--tls-key", "other/key.pem")


def test_what_is_not_tls_does_not_keep_a_tls_server_busy(tmp_path):
    trusted = make_certificate(tmp_path, "one")
    more = {"THINGWARDEN_LIMITS__HEADER_TIMEOUT_SECONDS": "1"}
    with Process(tmp_path, "--tls-cert", "cert.pem", "--tls-key", "key.pem", more=more) as server:
        plain, silent = server.connect(), server.connect()
        plain.sendall(HEALTH)
        assert not plain.recv(65536).startswith(b"HTTP")
        assert silent.recv(1) == b"", "a handshake has its time"
        assert status(tls(server, trusted)) == 200
        server.tell(signal.SIGTERM)
        assert server.end()[0] == 0
