#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attack and use a real `slitlamp serve` over loopback, and fail for anything it should not do.

usage: run_http.py [PROGRAM [NAME...]]; PROGRAM defaults to that of SL_BUILD_DIR, NAME picks tests
by a part of their name. A test is a function named test_...; it gets the server. Every
answer that comes through `Server.ask` is checked for the security headers.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import run_ops  # noqa: E402

WAIT_S = 60  # bound of every wait; nothing is asserted about time below it
ROUTE = re.compile(r'SL_ROUTE\((\w+), "([^"]+)", (\w+), (\d+)')


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def check(condition: Any, what: str) -> None:
    """Fail with words."""
    if not condition:
        raise AssertionError(what)


def equal(value: Any, wanted: Any, what: str) -> None:
    """Fail with both values."""
    if value != wanted:
        raise AssertionError(f"{what}: {value!r}, not {wanted!r}")


@dataclass
class Server:
    """A running server and ways to talk to it."""

    process: subprocess.Popen[str]
    port: int
    token: str
    workspace: Path
    program: str
    names: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes | None = None,
            headers: Mapping[str, str] | None = None, token: str | None = "") -> Answer:
        """One request on a connection of its own. `token` "" is the right one, None is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        all_headers = dict(headers or {})
        if token is not None:
            all_headers.setdefault("Authorization", f"Bearer {token or self.token}")
        connection.putrequest(method, path, skip_host="Host" in all_headers,
                              skip_accept_encoding=True)
        if body is not None:
            all_headers.setdefault("Content-Length", str(len(body)))
        for name, value in all_headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        got = connection.getresponse()
        answer = Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        connection.close()
        check_headers(answer, f"{method} {path}")
        return answer

    def call(self, operation: str, params: Any = None) -> Answer:
        """An operation with the right token."""
        return self.ask("POST", f"/v1/op/{operation}", json.dumps(params or {}).encode())

    def job(self, operation: str, params: Any) -> dict[str, Any]:
        """A slow operation, awaited: its job."""
        answer = self.call(operation, params)
        equal(answer.status, 202, "slow operations answer with a job")
        return self.await_job(answer.json()["job"])

    def await_job(self, job: str) -> dict[str, Any]:
        """The job once it ended."""
        for _ in range(WAIT_S * 50):
            state = self.ask("GET", f"/v1/job/{job}").json()
            if state["state"] not in ("queued", "running"):
                return state
            time.sleep(0.02)
        raise AssertionError(f"job {job} did not end")

    def raw(self, data: bytes) -> bytes:
        """Bytes as they are; everything the server sends until it closes or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S) as peer:
            try:
                peer.sendall(data)
            except OSError:
                return b""
            got = b""
            while select.select([peer], [], [], 2)[0]:
                try:
                    piece = peer.recv(65536)
                except OSError:
                    return got
                if not piece:
                    return got
                got += piece
            return got

    def memory_kib(self) -> int:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def check_headers(answer: Answer, what: str) -> None:
    """What every answer of ours carries."""
    headers = answer.headers
    policy = headers.get("content-security-policy", "")
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'",
                 "form-action 'none'"):
        check(part in policy, f"{what}: the policy lacks {part}: {headers}")
    check("unsafe" not in policy.replace("'unsafe-hashes'", ""), f"{what}: {policy}")
    equal(headers.get("x-content-type-options"), "nosniff", what)
    equal(headers.get("referrer-policy"), "no-referrer", what)
    equal(headers.get("cross-origin-resource-policy"), "same-origin", what)
    check("cache-control" in headers, f"{what}: no Cache-Control")
    check("access-control-allow-origin" not in headers, f"{what}: CORS is open")
    if answer.status >= 400:
        check(headers.get("content-type", "").startswith("application/problem+json"),
              f"{what}: {answer.status} as {headers.get('content-type')}")


def start(program: str, workspace: Path, *options: str, prefix: list[str] | None = None) -> Server:
    """A server on a workspace; `prefix` goes between the program and its arguments."""
    process = subprocess.Popen([program, *(prefix or []), "serve", "--workspace", str(workspace),
                                *options],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    for line in process.stdout:
        found = re.match(r"open http://.*:(\d+)/#token=([0-9a-f]{64})$", line)
        if found:
            return Server(process, int(found[1]), found[2], workspace, program)
    raise AssertionError(f"the server did not start: {process.stderr.read()}")


def stop(server: Server) -> None:
    """Ask it to stop and wait."""
    server.process.send_signal(signal.SIGINT)
    equal(server.process.wait(timeout=WAIT_S), 0, "exit code of a server that was stopped")


def routes() -> list[tuple[str, str, str, int]]:
    """Method, pattern, access and body limit of the route table."""
    text = (ROOT / "src/http/route_list.h").read_text()
    found = [(m[1], m[2], m[3], int(m[4])) for m in ROUTE.finditer(text)]
    check(len(found) >= 9, f"the route table reads as {found}")
    return found


def address(pattern: str) -> str:
    """An address that a pattern matches."""
    return {"/v1/op/*": "/v1/op/view", "/v1/check/*": "/v1/check/view", "/v1/job/*": "/v1/job/b1",
            "/*": "/"}.get(pattern, pattern.replace("*", "thing"))


# ---- who may ask -------------------------------------------------------------------------------


def test_every_route_that_needs_a_token_refuses_without(server: Server) -> None:
    """The route table, walked without a token, with a wrong one and with the right one."""
    for method, pattern, access, _ in routes():
        body = b"{}" if method == "POST" else None
        for token in (None, "0" * 64, "short", server.token[:-1], server.token + "0"):
            answer = server.ask(method, address(pattern), body, token=token)
            if access == "SIGNED_IN":
                equal(answer.status, 401, f"{method} {pattern} with token {token}")
                equal(answer.json()["code"], "denied", pattern)
            elif pattern != "/v1/session":
                equal(answer.status, 200, f"{method} {pattern} is open")
        if access == "SIGNED_IN" and pattern != "/v1/events":
            answer = server.ask(method, address(pattern), body)
            check(answer.status not in (401, 403), f"{method} {pattern} with the token")


def test_other_ways_to_send_a_token_are_not_taken(server: Server) -> None:
    """Query, basic authorisation, a cookie that holds the token and not the session."""
    for path, headers in (
            (f"/v1/job/b1?token={server.token}", {}),
            ("/v1/job/b1", {"Authorization": f"Basic {server.token}"}),
            ("/v1/job/b1", {"Authorization": server.token}),
            ("/v1/job/b1", {"Cookie": f"slitlamp-{server.port}={server.token}"}),
            ("/v1/job/b1", {"X-Token": server.token})):
        equal(server.ask("GET", path, headers=headers, token=None).status, 401, f"{path} {headers}")


def sign_in(server: Server) -> str:
    """The session cookie."""
    answer = server.ask("POST", "/v1/session", json.dumps({"token": server.token}).encode(),
                        token=None)
    equal(answer.status, 200, "signing in")
    cookie = answer.headers["set-cookie"]
    parts = [part.strip() for part in cookie.split(";")]
    for wanted in ("HttpOnly", "SameSite=Strict", "Path=/"):
        check(wanted in parts, f"the cookie lacks {wanted}: {cookie}")
    check(server.token not in cookie, "the cookie is not the token")
    return parts[0]


def test_a_session_cookie(server: Server) -> None:
    """Traded for the token; reads as it is, writes only together with an Origin of ours."""
    cookie = {"Cookie": sign_in(server)}
    own = {**cookie, "Origin": f"http://127.0.0.1:{server.port}"}
    equal(server.ask("GET", "/v1/job/b1", headers=cookie, token=None).status, 200, "a read")
    equal(server.ask("POST", "/v1/op/ls", b"{}", cookie, None).status, 401, "a write, no Origin")
    equal(server.ask("POST", "/v1/op/ls", b"{}", own, None).status, 200, "a write")
    for body in (b"", b"{}", b"[]", b"null", b'{"token":7}', b'{"token":""}', b"\xff\xfe",
                 json.dumps({"token": "f" * 64}).encode()):
        answer = server.ask("POST", "/v1/session", body, token=None)
        check(answer.status in (400, 401), f"{body!r} gives {answer.status}")
        check("set-cookie" not in answer.headers, f"{body!r} gives a cookie")


def test_host_allow_list(server: Server) -> None:
    """DNS rebinding: only names of this server's own are answered (row 33)."""
    port = server.port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
        equal(server.ask("GET", "/v1/version", headers={"Host": host}).status, 200, host)
    for host in ("evil.example", f"evil.example:{port}", f"localhost.:{port}", "localhost",
                 "127.0.0.1", f"127.0.0.1:{port + 1}", f"127.0.0.1:{port}0", f"127.1:{port}",
                 f"[::1]", f"[::ffff:127.0.0.1]:{port}", f"localhost:{port}.evil.example",
                 f"evil.example#localhost:{port}", f"localhost:{port}@evil.example", "", "null"):
        for path in ("/", "/v1/version", "/v1/job/b1"):
            answer = server.ask("GET", path, headers={"Host": host})
            equal(answer.status, 403, f"Host {host!r} on {path}")
            check("--allow-host" in answer.json()["hint"], "the way out is named")
    none = server.raw(b"GET /v1/version HTTP/1.0\r\n\r\n")
    check(none.startswith((b"HTTP/1.0 403", b"HTTP/1.1 403")), f"no Host: {none[:80]!r}")
    none = server.raw(b"GET /v1/version HTTP/1.1\r\nConnection: close\r\n\r\n")
    check(b" 403 " in none[:20] or b" 400 " in none[:20], f"no Host: {none[:80]!r}")
    twice = server.raw(f"GET /v1/version HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                       "Host: evil.example\r\nConnection: close\r\n\r\n".encode())
    check(b" 403 " in twice[:20] or b" 400 " in twice[:20], f"two Hosts: {twice[:80]!r}")


def test_allowed_hosts_can_be_added(server: Server) -> None:
    """--allow-host, with and without a port."""
    other = start(server.program, server.workspace, "--allow-host", "lamp.example")
    for host, status in (("lamp.example", 200), (f"lamp.example:{other.port}", 200),
                         ("other.example", 403)):
        equal(other.ask("GET", "/v1/version", headers={"Host": host}).status, status, host)
    stop(other)


def test_requests_of_other_sites(server: Server) -> None:
    """Row 34: Origin and Sec-Fetch-Site; nothing readable, nothing done."""
    before = server.call("ls", {"what": "journal", "limit": 1}).json()["total"]
    foreign = ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": ""},
               {"Origin": f"http://evil.example:{server.port}"},
               {"Origin": f"http://127.0.0.1:{server.port}.evil.example"},
               {"Origin": f"http://127.0.0.1:{server.port + 1}"},
               {"Origin": f"file://127.0.0.1:{server.port}"},
               {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"})
    cookie = sign_in(server)
    body = json.dumps({"data": [server.names["DATA"]], "name": "by-another-site"}).encode()
    for headers in foreign:
        for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
            answer = server.ask("POST", "/v1/op/import", body,
                                {**headers, "Cookie": cookie, "Content-Type": kind}, None)
            equal(answer.status, 403, f"{headers} {kind}")
        equal(server.ask("POST", "/v1/op/ls", b"{}", headers).status, 403, f"{headers} and token")
        answer = server.ask("GET", "/v1/job/b1", headers={**headers, "Cookie": cookie}, token=None)
        equal(answer.status, 403, f"reading with {headers}")
    equal(server.call("ls", {"what": "journal", "limit": 1}).json()["total"], before,
          "nothing was done")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}):
        equal(server.ask("GET", "/", headers=headers, token=None).status, 200, "following a link")
    for headers in ({"Sec-Fetch-Site": "same-origin"},
                    {"Origin": f"http://localhost:{server.port}"}):
        equal(server.ask("POST", "/v1/op/ls", b"{}", headers).status, 200, f"{headers}")
    answer = server.ask("OPTIONS", "/v1/op/import", headers={
        "Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}, token=None)
    check(answer.status >= 400, "a preflight gets no permission")


# ---- what is given -----------------------------------------------------------------------------

UPWARDS = ("../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd",
           "%252e%252e%252fetc%252fpasswd", "..\\..\\..\\etc\\passwd", "..%5c..%5cetc%5cpasswd",
           "....//....//etc/passwd", "..;/..;/etc/passwd", "/etc/passwd", "//etc/passwd",
           "etc/passwd%00.png", "%00", "catalogue.db", "../catalogue.db", ".", "..", "%2e", "",
           "thumb-../../x-64", "image-../../etc/passwd", "~root", "file:///etc/passwd",
           "..%c0%af..%c0%afetc/passwd", "..%ef%bc%8fetc/passwd", "#/etc/passwd", "a" * 4000)


def test_paths_lead_nowhere(server: Server) -> None:
    """Row 30: a key is a key; a page is a page."""
    for tail in UPWARDS:
        answer = server.ask("GET", "/v1/blob/" + tail.split("#")[0])
        equal(answer.status, 404, f"blob {tail!r}")
        check(b"root:" not in answer.body and b"SQLite" not in answer.body, tail)
        for prefix in ("/", "/assets/", "//"):
            answer = server.ask("GET", prefix + tail.split("#")[0], token=None)
            check(answer.status in (200, 404), f"page {prefix}{tail!r} gives {answer.status}")
            check(b"root:x:0" not in answer.body and b"SQLite format" not in answer.body, tail)
            if answer.status == 200:
                check(answer.headers["content-type"].startswith("text/html"), f"page {tail!r}")
    for target in (b"http://evil.example/v1/version", b"*", b"v1/version", b"\\v1\\version"):
        got = server.raw(b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                         b"Connection: close\r\n\r\n" % server.port)
        check(b"root:x:0" not in got, f"target {target!r}")


def test_ids_are_not_paths(server: Server) -> None:
    """Row 31: ids match [a-z0-9_-]{1,64}, everything else is a bad request."""
    for bad in ("../x", "..%2fx", "r1/../r2", "R1", "", "r 1", "r1;", "r" * 65, "r1\n", "é",
                "-r1\0"):
        for operation, name in (("view", "run"), ("show", "id"), ("sample", "sample"),
                                ("report", "run"), ("resume", "job"), ("cancel", "job")):
            answer = server.call(operation, {name: bad})
            if answer.status == 202:
                equal(server.await_job(answer.json()["job"])["state"], "failed", repr(bad))
                continue
            check(400 <= answer.status < 500, f"{operation} {bad!r} gives {answer.status}")
    for bad in ("..%2f..%2fx", "x", "B1", "b1%00", "b-1", "b9999999999999999999999", "%2e%2e"):
        answer = server.ask("GET", f"/v1/job/{bad}")
        check(answer.status in (400, 404), f"job {bad} gives {answer.status}")
    equal(server.ask("POST", "/v1/op/..%2fview", b"{}").status, 404, "operation by path")
    equal(server.ask("POST", "/v1/op/", b"{}").status, 404, "no operation")
    equal(server.ask("POST", "/v1/op/View", b"{}").status, 404, "names are exact")


def test_methods(server: Server) -> None:
    """Only what the table has."""
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "OPTIONS", "PROPFIND"):
        for path in ("/v1/version", "/v1/op/view", "/"):
            equal(server.ask(method, path).status, 405, f"{method} {path}")
    equal(server.ask("GET", "/v1/op/view").status, 404, "operations are not read")
    equal(server.ask("POST", "/v1/version", b"").status, 405, "the version is not written")


def test_bodies(server: Server) -> None:
    """Rows 23, 45, 47: what is not JSON of the right size and plain is refused with words."""
    for body in (b"{", b"[]", b'{"limit":1,}', b'{"limit":1}x', b"\xef\xbb\xbf{", b'{"a":"\xff"}',
                 b'{"run":"\\ud800"}', b"[" * 100000, b'{"limit":1e400}', b'{"limit":"x\\u0000"}',
                 b'{"limit":-1}', b'{"limit":1.5}', b'{"limit":true}', b'{"limit":null,"x":1}',
                 b'{"where":"x"}', b'{"where":[1]}', b'{"' + b"k" * 100000 + b'":1}'):
        answer = server.ask("POST", "/v1/op/view", body)
        check(answer.status in (400, 413, 422), f"{body[:40]!r} gives {answer.status}")
        problem = answer.json()
        check(problem["message"] and problem["code"], f"{body[:40]!r} gives {problem}")
        check(len(problem["message"]) < 600, f"{body[:40]!r} gives a message of its own length")
    for encoding in ("gzip", "deflate", "br", "zstd", "gzip, identity"):
        answer = server.ask("POST", "/v1/op/view", b"{}", {"Content-Encoding": encoding})
        equal(answer.status, 415, f"a {encoding} body")
    equal(server.ask("POST", "/v1/op/view", b"{}", {"Content-Encoding": "identity"}).status, 200,
          "an identity body")


def test_body_limits(server: Server) -> None:
    """The limit of each route, announced by length and found out by counting."""
    for method, pattern, _, most in routes():
        if method != "POST":
            continue
        path = address(pattern)
        big = b'{"x":"' + b"a" * most + b'"}'
        got = server.raw(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                         f"Authorization: Bearer {server.token}\r\nConnection: close\r\n"
                         f"Content-Length: {len(big)}\r\n\r\n".encode())
        check(b" 413 " in got[:20], f"{path}, announced: {got[:60]!r}")
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in
                          (big[i:i + 65536] for i in range(0, len(big), 65536))) + b"0\r\n\r\n"
        got = server.raw(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                         f"Authorization: Bearer {server.token}\r\nConnection: close\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n".encode() + chunks)
        check(b" 413 " in got[:20], f"{path}, chunked: {got[:60]!r}")
    got = server.raw(f"POST /v1/op/view HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                     f"Authorization: Bearer {server.token}\r\nConnection: close\r\n"
                     "Content-Length: 99999999999999999999999\r\n\r\n".encode())
    check(re.match(rb"HTTP/1.1 4\d\d", got), f"an absurd length: {got[:60]!r}")
    got = server.raw(f"POST /v1/op/view HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                     f"Authorization: Bearer {server.token}\r\nConnection: close\r\n"
                     "Content-Length: -1\r\n\r\n".encode())
    check(re.match(rb"HTTP/1.1 4\d\d", got) or got == b"", f"a negative length: {got[:60]!r}")


def test_smuggling(server: Server) -> None:
    """A length and a transfer encoding together are refused and the connection ends."""
    inner = b"GET /v1/version HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    head = (f"POST /v1/op/ls HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Authorization: Bearer {server.token}\r\n").encode()
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    got = server.raw(head + both + inner)
    check(b" 400 " in got[:20], f"both: {got[:80]!r}")
    check(got.count(b"HTTP/1.1 200") == 0, f"something was answered behind it: {got!r}")
    got = server.raw(head + b"Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}" + inner)
    check(b'"name":"slitlamp"' not in got, f"two lengths: {got[:200]!r}")
    got = server.raw(head + b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\n{}\r\n0\r\n\r\n")
    check(b" 400 " in got[:20] or got == b"", f"a bad chunk: {got[:80]!r}")


def test_long_heads(server: Server) -> None:
    """A megabyte of header is refused; the server goes on."""
    for head in (b"X-Long: " + b"a" * (1 << 20), b"\r\n".join(b"X-%d: y" % i for i in range(60000)),
                 b"Cookie: " + b"a=b; " * 200000):
        start_line = b"GET /v1/version HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % server.port
        got = server.raw(start_line + head + b"\r\n\r\n")
        check(got == b"" or re.match(rb"HTTP/1.1 (431|413|414|400)", got), f"{got[:60]!r}")
    got = server.raw(b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    check(got == b"" or re.match(rb"HTTP/1.1 (431|413|414|400)", got), f"{got[:60]!r}")
    for junk in (b"\x16\x03\x01\x02\x00\x01\x00", b"\0" * 1000, b"GET\r\n\r\n",
                 b"GET / HTTP/9.9\r\n\r\n", b"\r\n\r\n\r\n", b"GET / HTTP/1.1\r\nHost\r\n\r\n"):
        server.raw(junk)
    equal(server.ask("GET", "/v1/version").status, 200, "it goes on")


# ---- what is answered --------------------------------------------------------------------------


def image_keys(server: Server) -> list[str]:
    """Content keys of some samples."""
    samples = server.call("view", {"dataset": "fashion", "limit": 3}).json()["samples"]
    return [sample["image"] for sample in samples]


def test_bytes_by_key(server: Server) -> None:
    """Thumbnails and images: re-encoded, cached for ever, 304 for who has them."""
    for key in image_keys(server):
        for path in (f"/v1/blob/thumb-{key}-96", f"/v1/blob/image-{key}"):
            answer = server.ask("GET", path)
            equal(answer.status, 200, path)
            check(answer.headers["content-type"] in ("image/png", "image/jpeg"), path)
            equal(answer.headers["cache-control"], "private, max-age=31536000, immutable", path)
            tag = answer.headers["etag"]
            again = server.ask("GET", path, headers={"If-None-Match": tag})
            equal((again.status, again.body), (304, b""), path)
            for other in ('W/"x"', '"x"', "*x", ""):
                equal(server.ask("GET", path, headers={"If-None-Match": other}).status, 200, path)
            head = server.ask("HEAD", path)
            equal((head.status, head.body), (200, b""), f"HEAD {path}")
            equal(head.headers["content-length"], str(len(answer.body)), f"HEAD {path}")
            equal(server.ask("GET", path, token=None).status, 401, f"{path} without a token")
    key = image_keys(server)[0]
    for bad in (f"thumb-{key}-0", f"thumb-{key}-99999", f"thumb-{key}--5", f"thumb-{key}-1e3",
                f"thumb-{key}", f"image-{key}-64", f"image-{key[:-1]}", key.upper(), "0" * 64,
                f"thumb-{'0' * 64}-64"):
        equal(server.ask("GET", f"/v1/blob/{bad}").status, 404, bad)


def test_ranges(server: Server) -> None:
    """Row 46: ranges are not served, so a thousand of them cost nothing."""
    path = f"/v1/blob/image-{image_keys(server)[0]}"
    whole = server.ask("GET", path).body
    for ranges in ("bytes=0-", "bytes=0-0", "bytes=-1", "bytes=5-2", "bytes=999999999-",
                   "bytes=" + ",".join(["0-"] * 1000), "lines=1-2"):
        answer = server.ask("GET", path, headers={"Range": ranges})
        check(answer.status in (200, 416), f"Range {ranges[:20]} gives {answer.status}")
        check(answer.status != 200 or answer.body == whole, f"Range {ranges[:20]}")


def test_pages(server: Server) -> None:
    """The page of every view, assets, and what is none."""
    for path in ("/", "/explore", "/sample/s1", "/explore?where=label%3DShirt", "/a/b/c"):
        answer = server.ask("GET", path, token=None)
        equal(answer.status, 200, path)
        check(answer.headers["content-type"].startswith("text/html"), path)
        equal(answer.headers["cache-control"], "no-cache", path)
        tag = answer.headers["etag"]
        equal(server.ask("GET", path, headers={"If-None-Match": tag}, token=None).status, 304, path)
        equal(server.ask("HEAD", path, token=None).body, b"", f"HEAD {path}")
    check(server.token.encode() not in server.ask("GET", "/").body, "the token is in no page")
    for path in ("/nothing.js", "/assets/nothing.js", "/.env", "/v1/nothing"):
        equal(server.ask("GET", path).status, 404, path)


def test_media_are_never_markup(server: Server) -> None:
    """Row 18: SVG and HTML named like images are listed as broken and never sent as they are."""
    samples = server.call("view", {"dataset": "tricks", "limit": 100}).json()["samples"]
    equal(sorted(s["name"] for s in samples), ["page.jpg", "picture.png", "poly.jpg"], "samples")
    keys = [s["image"] for s in samples if s["image"]]
    for key in keys:
        for blob in (key, f"image-{key}", f"thumb-{key}-96"):
            answer = server.ask("GET", f"/v1/blob/{blob}")
            kind = answer.headers["content-type"]
            check(answer.status >= 400 or kind in ("image/png", "image/jpeg",
                                                   "application/octet-stream"),
                  f"{blob} is sent as {kind}")
            if answer.status == 200 and blob == key:
                equal(answer.headers["content-disposition"], "attachment", f"{blob} raw")
            else:
                check(answer.status >= 400 or b"<script" not in answer.body, f"{blob} is sent raw")
    broken = {s["name"]: s["error"] for s in samples if s["error"]}
    check("page.jpg" in broken and "picture.png" in broken, f"broken are {broken}")
    check("SVG" in broken["picture.png"], f"the reason names it: {broken['picture.png']}")


# ---- jobs and events ---------------------------------------------------------------------------


def test_a_job_from_start_to_result(server: Server) -> None:
    """Queued, running, progress, done with the result of the operation."""
    job = server.job("eval", {"model": server.names["V1"], "dataset": "fashion",
                              "search": "never", "batch": 8})
    equal((job["state"], job["op"], job["error"]), ("done", "eval", None), "the job")
    equal(job["result"]["run"]["samples"], 300, "the result")
    again = server.job("eval", {"model": server.names["V1"], "dataset": "fashion",
                                "search": "never", "batch": 8})
    equal(again["result"]["run"]["id"], job["result"]["run"]["id"], "a replayed request (row 49)")
    job = server.job("eval", {"model": "/nowhere.onnx"})
    equal((job["state"], job["result"]), ("failed", None), "a job that fails")
    equal(job["error"]["code"], "not_found", "its error")
    check("nowhere" in job["error"]["message"], f"{job['error']}")
    equal(server.call("eval", {"modle": 1}).status, 400, "parameters are checked before queueing")


def test_a_job_is_cancelled(server: Server) -> None:
    """A running one and a waiting one; both can be resumed."""
    slow = {"model": server.names["V2"], "dataset": "fashion", "search": "auto",
            "precision": "float16", "batch": 1, "threads": 1}
    first = server.call("eval", slow).json()["job"]
    second = server.call("eval", slow).json()["job"]
    equal(server.call("cancel", {"job": second}).json()["state"], "cancelled", "a waiting job")
    for _ in range(WAIT_S * 100):
        if server.ask("GET", f"/v1/job/{first}").json()["state"] == "running":
            break
        time.sleep(0.01)
    equal(server.call("cancel", {"job": first}).status, 200, "a running job")
    state = server.await_job(first)
    equal(state["state"], "cancelled", "a running job that was cancelled")
    equal(state["error"]["code"], "cancelled", "its error")
    equal(server.call("cancel", {"job": first}).status, 400, "there is nothing left to cancel")
    resumed = server.job("resume", {"job": first})
    equal(resumed["state"], "done", f"the resumed job: {resumed['error']}")
    equal(server.ask("GET", f"/v1/job/{first}").json()["state"], "done", "the job itself")


def listen(server: Server, last: int | None = None) -> socket.socket:
    """An open event stream, its head read."""
    peer = socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S)
    extra = "" if last is None else f"Last-Event-ID: {last}\r\n"
    peer.sendall(f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                 f"Authorization: Bearer {server.token}\r\n{extra}\r\n".encode())
    head = b""
    while b": hello" not in head:
        head += peer.recv(1)
    check(b"text/event-stream" in head and b"no-store" in head, f"{head!r}")
    return peer


def events_of(peer: socket.socket) -> Iterator[dict[str, Any]]:
    """Events as they arrive."""
    buffer = b""
    while True:
        piece = peer.recv(65536)
        if not piece:
            return
        buffer += piece
        *whole, buffer = re.split(rb"\n\n", buffer)
        for block in whole:
            for line in block.split(b"\n"):
                line = line.strip()
                if line.startswith(b"data: "):
                    yield from json.loads(line[6:])


def test_events(server: Server) -> None:
    """What happens to a job arrives in order; who comes back gets what it missed."""
    peer = listen(server)
    job = server.call("eval", {"model": server.names["V1"], "search": "never"}).json()["job"]
    seen, last = [], 0
    for event in events_of(peer):
        check(event["seq"] > last, f"numbers rise: {event}")
        last = event["seq"]
        if event.get("job") == job:
            seen.append(event)
        if seen and seen[-1]["event"] == "done":
            break
    peer.close()
    names = [event["event"] for event in seen]
    equal((names[0], names[1], names[-1]), ("queued", "running", "done"), f"{names}")
    peer = listen(server, seen[0]["seq"])
    again = next(event for event in events_of(peer))
    equal(again["seq"], seen[0]["seq"] + 1, "the first after the last one seen")
    peer.close()
    for early in (1, 12345):
        peer = listen(server, early)
        equal(next(events_of(peer))["event"], "missed", "who was away for long is told")
        peer.close()
    for odd in (-5, 1 << 62):
        peer = listen(server, odd)
        server.job("eval", {"model": server.names["V1"], "search": "never"})
        check(next(events_of(peer))["event"] in ("queued", "running"), "news arrive all the same")
        peer.close()


def test_stopping_with_open_streams(server: Server) -> None:
    """Ctrl-C ends a server whose event streams are open, also ones that nobody reads."""
    other = start(server.program, server.workspace)
    peers = [listen(other) for _ in range(8)]
    stop(other)
    for peer in peers:
        peer.close()


def test_a_port_in_use(server: Server) -> None:
    """Exit code 4, and words."""
    run = subprocess.run([server.program, "serve", "--port", str(server.port), "--workspace",
                          str(server.workspace)], capture_output=True, text=True, timeout=WAIT_S,
                         check=False)
    equal(run.returncode, 4, run.stderr)
    check(f"port {server.port} on 127.0.0.1 is in use" in run.stderr, run.stderr)
    check("--port" in run.stderr, "the way out is named")


def test_read_only(server: Server) -> None:
    """A server that was told to change nothing changes nothing."""
    other = start(server.program, server.workspace, "--read-only")
    equal(other.call("view", {"limit": 1}).status, 200, "looking")
    for operation, params in (("import", {"data": [server.names["DATA"]]}), ("collect", {}),
                              ("eval", {"model": server.names["V1"]}), ("resume", {})):
        answer = other.call(operation, params)
        equal(answer.status, 403, f"{operation}: {answer.body!r}")
        equal(answer.json()["code"], "denied", operation)
    key = image_keys(server)[0]
    equal(other.ask("GET", f"/v1/blob/thumb-{key}-77").status, 200, "a new thumbnail is not kept")
    stop(other)


# ---- load --------------------------------------------------------------------------------------


def test_slow_senders(server: Server) -> None:
    """Row 45: connections that send a byte now and then do not keep others out."""
    peers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
    for byte in b"POST /v1/op/view HT":
        for peer in peers:
            peer.sendall(bytes([byte]))
    equal(server.ask("GET", "/v1/version").status, 200, "others are served")
    for peer in peers:
        peer.close()


def test_many_idle_connections(server: Server) -> None:
    """More than the limit: bounded threads, and back to normal when they go."""
    peers = []
    for _ in range(300):
        peer = socket.socket()
        peer.setblocking(False)
        peer.connect_ex(("127.0.0.1", server.port))
        peers.append(peer)
    time.sleep(0.5)
    threads = len(os.listdir(f"/proc/{server.process.pid}/task"))
    check(threads < 300, f"{threads} threads")
    for peer in peers:
        peer.close()
    equal(server.ask("GET", "/v1/version").status, 200, "it goes on")


def test_few_open_files(server: Server) -> None:
    """Row 50: a server that may open few files serves again when others let go."""
    other = start("bash", server.workspace, prefix=[
        "-c", 'ulimit -n 48; exec "$0" "$@"', server.program])
    peers = []
    for _ in range(100):
        peer = socket.socket()
        peer.setblocking(False)
        peer.connect_ex(("127.0.0.1", other.port))
        peers.append(peer)
    time.sleep(0.5)
    check(other.process.poll() is None, "it lives")
    for peer in peers:
        peer.close()
    equal(other.ask("GET", "/v1/version").status, 200, "it serves again")
    equal(other.call("view", {"limit": 1}).status, 200, "and reads")
    stop(other)


def test_pipelined_requests(server: Server) -> None:
    """Requests sent together are answered in order."""
    one = (f"GET /v1/version HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n").encode()
    got = server.raw(one * 20)
    equal(got.count(b"HTTP/1.1 200 OK"), 20, "answers")


def test_memory_is_flat(server: Server) -> None:
    """Two thousand requests of all kinds leave nothing behind."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT_S)
    headers = {"Authorization": f"Bearer {server.token}"}
    key = image_keys(server)[0]

    def ask(i: int) -> None:
        where = {"where": [f"confidence>=0.{i % 100:02d}"]}
        kinds: list[tuple[str, str, bytes | None]] = [
            ("POST", "/v1/op/view", json.dumps({"limit": 50, "offset": i % 200}).encode()),
            ("POST", "/v1/op/facets", json.dumps(where).encode()),
            ("GET", f"/v1/blob/thumb-{key}-96", None), ("GET", "/v1/job/b1", None),
            ("POST", "/v1/op/nothing", b"{}"), ("POST", "/v1/op/view", b"{broken")]
        method, path, body = kinds[i % len(kinds)]
        connection.request(method, path, body, headers)
        connection.getresponse().read()

    for i in range(600):
        ask(i)
    before = server.memory_kib()
    for i in range(2000):
        ask(i)
    after = server.memory_kib()
    connection.close()
    check(after < before + 4096, f"{before} KiB before, {after} KiB after")


# ---- run ---------------------------------------------------------------------------------------


def write_tricks(folder: Path) -> None:
    """Markup under the names of images, and a JPEG that is HTML too."""
    folder.mkdir()
    (folder / "page.jpg").write_text("<html><script>alert(1)</script></html>")
    (folder / "picture.png").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    real = (ROOT / "tests/data/image/jpeg_444_17x13.jpg").read_bytes()
    (folder / "poly.jpg").write_bytes(real + b"<script>alert(1)</script>")


def tests() -> list[tuple[str, Callable[[Server], None]]]:
    """All tests in the order of this file."""
    return [(name, value) for name, value in globals().items() if name.startswith("test_")]


def run_all(server: Server, wanted: list[str]) -> list[str]:
    """Names of the tests that failed."""
    failed = []
    for name, test in tests():
        if wanted and not any(part in name for part in wanted):
            continue
        try:
            test(server)
            check(server.process.poll() is None, "the server died")
            print(f"ok {name}", flush=True)
        except Exception:  # a test may fail in any way; the rest still runs
            traceback.print_exc()
            print(f"FAILED {name}", flush=True)
            failed.append(name)
        if server.process.poll() is not None:
            break
    return failed


def main() -> int:
    """Build a workspace, start the server, run the tests, stop it."""
    # A sanitizer keeps freed memory for a while; a small hoard lets growth be seen.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"
    build = Path(os.environ.get("SL_BUILD_DIR", ROOT / "build/dev"))
    program = str(Path(sys.argv[1] if len(sys.argv) > 1 else build / "slitlamp").resolve())
    with tempfile.TemporaryDirectory(prefix="slitlamp-http-") as folder:
        fixture = run_ops.build_fixture(program, Path(folder))
        tricks = Path(folder) / "tricks"
        write_tricks(tricks)
        subprocess.run([program, "import", str(tricks), "--name", "tricks", "--copy", "--quiet",
                        "--workspace", str(fixture.folder)], check=True)
        server = start(program, fixture.folder)
        server.names = fixture.names
        failed = run_all(server, sys.argv[2:])
        if server.process.poll() is None:
            stop(server)
        else:
            failed.append(f"the server ended with {server.process.returncode}")
    print(f"{len(failed)} failed" + (": " + ", ".join(failed) if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
