"""Requests to the API below boto3: signed by botocore, but with any content, however wrong."""

import http.client
import json
import urllib.parse

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def code(self):
        return self.headers.get("x-amzn-errortype", "").split(":")[0]

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.code} {self.body[:300]!r}"


def credentials(server, **given):
    given = given or server.credentials()
    return Credentials(given["aws_access_key_id"], given["aws_secret_access_key"], given.get("aws_session_token"))


def sign(server, method, path, body=b"", headers=None, service="iot", region="us-east-1", presign=0, **given):
    """The request with its signature: (path with query, headers)."""
    request = AWSRequest(method=method, url=server.url + path, data=body, headers=headers or {})
    if presign:
        SigV4QueryAuth(credentials(server, **given), service, region, expires=presign).add_auth(request)
    else:
        SigV4Auth(credentials(server, **given), service, region).add_auth(request)
    prepared = request.prepare()
    # The length is the connection's to say, for callers change the body.
    headers = {name: value for name, value in prepared.headers.items() if name.lower() != "content-length"}
    return prepared.url[len(server.url):], headers


def send(server, method, path, body=b"", headers=None, timeout=30):
    """Sends it as it is."""
    address = urllib.parse.urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
    try:
        connection.request(method, path, body=body or None, headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def call(server, method, path, body=b"", headers=None, timeout=30, **options):
    """Signs and sends."""
    path, headers = sign(server, method, path, body, headers, **options)
    return send(server, method, path, body, headers, timeout)
