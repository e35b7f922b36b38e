"""Subscriptions by mail, through mail servers that want TLS and a login."""

import asyncio
import email
import queue
import threading

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

import certificates
from receivers import get
from serving import Server

PASSWORD = "correct horse"
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


class MailServer:
    """Keeps the mails of whoever has logged in; `tls` is `tls` from the beginning or `starttls`."""

    def __init__(self, context, tls):
        self.mails, self.sessions = queue.Queue(), []
        options = {"authenticator": self.authenticate, "auth_required": True, "hostname": "mail.example.org"}
        if tls == "tls":
            # aiosmtpd knows the connection to be safe only when it made it so itself.
            options |= {"auth_require_tls": False}
        else:
            options |= {"tls_context": context, "require_starttls": True}
        self.loop = asyncio.new_event_loop()
        listening = self.loop.create_server(
            lambda: SMTP(self, loop=self.loop, **options), "127.0.0.1", 0, ssl=context if tls == "tls" else None
        )
        self.port = self.loop.run_until_complete(listening).sockets[0].getsockname()[1]
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def authenticate(self, server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"thingwarden", PASSWORD.encode()), handled=False)

    async def handle_DATA(self, server, session, envelope):
        self.sessions.append((session.authenticated, server.transport.get_extra_info("sslcontext") is not None))
        self.mails.put((envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
        return "250 OK"


def serve(folder, port, ca, tls, password=PASSWORD):
    (folder / "password").write_text(password + "\n")
    settings = {
        "SMTP_SERVER": f"127.0.0.1:{port}", "SMTP_TLS": tls, "SMTP_FROM": "tw@example.org", "SMTP_USER": "thingwarden",
        "SMTP_PASSWORD_FILE": str(folder / "password"), "CA_BUNDLE": str(ca),
    }
    environment = {f"THINGWARDEN_NOTIFICATIONS__{name}": value for name, value in settings.items() if value}
    return Server(folder, "--allow-private-targets", environment=environment)


@pytest.fixture(params=["tls", "starttls"])
def mail(request, tmp_path):
    context, ca = certificates.server_context(tmp_path, "127.0.0.1")
    mail = MailServer(context, request.param)
    mail.tls, mail.ca = request.param, ca
    yield mail
    mail.loop.call_soon_threadsafe(mail.loop.stop)


def body(mail):
    return mail.get_payload(decode=True).decode()


def test_mails_go_through_tls_and_a_login(tmp_path, mail):
    server = serve(tmp_path, mail.port, mail.ca, mail.tls)
    sns = server.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.org")
    to, asked = mail.mails.get(timeout=30)
    assert to == ["ops@example.org"] and asked["from"] == "tw@example.org"
    (link,) = [line for line in body(asked).splitlines() if line.startswith("http")]
    get(link)
    sns.publish(TopicArn=topic, Subject="Limit", Message="über 100")
    _, told = mail.mails.get(timeout=30)
    assert told["subject"] == "Limit" and body(told).startswith("über 100")
    assert set(mail.sessions) == {(True, True)}
    assert server.stop() == 0, server.log_text()
    assert PASSWORD not in server.log_text()


@pytest.mark.parametrize("wrong", ["password", "certificate"])
def test_what_a_mail_server_refuses_is_seen_and_no_password_goes_astray(tmp_path, thingwarden, mail, wrong):
    context, other = certificates.server_context(tmp_path / "..", "127.0.0.1")
    server = serve(tmp_path, mail.port, other if wrong == "certificate" else mail.ca, mail.tls, "wrong" if wrong == "password" else PASSWORD)
    sns = server.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.org")
    error = ""
    while not error:
        for option in ([], ["--dead"]):
            told = thingwarden("deliveries", "--data", server.folder / "data", "--format", "json", *option)
            error = error or next((one["lastError"] or "" for one in told.lines), "")
    assert ("535" in error) if wrong == "password" else ("certificate" in error), error
    assert mail.mails.empty()
    assert server.stop() == 0 and PASSWORD not in server.log_text() + error
