# SPDX-License-Identifier: Apache-2.0
"""The client: one HTTP connection to a server on this machine, jobs awaited, errors as exceptions."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import time
from types import TracebackType
from typing import Any, Callable, Mapping
from urllib.parse import quote, urlsplit

from slitlamp.operations import Operations

POLL_S = 0.1


class SlitlampError(Exception):
    """A failed operation. `str(error)` is the message; detail, hint, context and code go with it."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(problem.get("message") or problem.get("title") or "unknown failure")
        self.code: str = problem.get("code") or "unknown"
        self.detail: str = problem.get("detail") or ""
        self.hint: str = problem.get("hint") or ""
        self.context: str = problem.get("context") or ""


class Client(Operations):
    """Every operation as a method; `call` runs one by name. Not for use from several threads."""

    def __init__(self, url: str, process: subprocess.Popen[str] | None = None) -> None:
        parts = urlsplit(url)
        fragment = parts.fragment
        if not fragment.startswith("token="):
            raise ValueError("the address must end with #token=..., as `slitlamp serve` printed it")
        self.url = url
        self._token = fragment[len("token="):]
        self._connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port)
        self._process = process

    def call(self, operation: str, params: Mapping[str, Any] | None = None, *,
             on_progress: Callable[[Mapping[str, Any]], None] | None = None) -> Any:
        """Run an operation and wait for its result.

        :param operation: name, such as "report"
        :param params: parameters; members that are None are left out
        :param on_progress: called with the state of a slow operation while it runs
        :raises SlitlampError: when it fails
        """
        given = {name: value for name, value in (params or {}).items() if value is not None}
        status, body = self._request("POST", f"/v1/op/{quote(operation)}", given)
        if status != 202:
            return body
        return self._await_job(body["job"], on_progress)

    def blob(self, key: str) -> memoryview:
        """Bytes by key, such as "thumb-<image>-96"."""
        status, data, _ = self._raw("GET", f"/v1/blob/{quote(key)}", None)
        if status != 200:
            raise SlitlampError(json.loads(data))
        return memoryview(data)

    def close(self) -> None:
        """Close the connection, and stop the server when this client started it."""
        self._connection.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _raw(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes, str]:
        headers = {"Authorization": f"Bearer {self._token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()  # an idle connection was cut; a new one is made on request()
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        return answer.status, answer.read(), answer.headers.get_content_type()

    def _request(self, method: str, path: str, params: Mapping[str, Any] | None) -> tuple[int, Any]:
        body = None if params is None else json.dumps(params).encode()
        status, data, kind = self._raw(method, path, body)
        parsed = json.loads(data) if "json" in kind else {"message": data.decode(errors="replace")}
        if status >= 400:
            raise SlitlampError(parsed)
        return status, parsed

    def _await_job(self, job: str,
                   on_progress: Callable[[Mapping[str, Any]], None] | None) -> Any:
        while True:
            _, state = self._request("GET", f"/v1/job/{job}", None)
            if on_progress is not None:
                on_progress(state)
            if state["state"] == "done":
                return state["result"]
            if state["state"] in ("failed", "cancelled", "interrupted"):
                error = state["error"]
                raise SlitlampError(error if isinstance(error, dict) else {
                    "message": error or f"job {job} was {state['state']}", "code": state["state"]})
            time.sleep(POLL_S)


def connect(url: str) -> Client:
    """Connect to a running server by the address it printed, token included."""
    return Client(url)


def start(workspace: str | None = None, program: str | None = None) -> Client:
    """Start `slitlamp serve` on a workspace and connect; closing the client stops it.

    :param workspace: folder of the workspace; None searches as the command line does
    :param program: path of slitlamp; None takes the one on PATH
    :raises FileNotFoundError: when there is no program
    :raises SlitlampError: when the server does not start
    """
    found = program or shutil.which("slitlamp")
    if found is None:
        raise FileNotFoundError("slitlamp is not on PATH; give program=")
    command = [found, "serve", *(["--workspace", workspace] if workspace else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    for line in process.stdout:
        if line.startswith("open http"):
            return Client(line.split()[1], process)
    message = process.stderr.read().strip().removeprefix("slitlamp: ")
    raise SlitlampError({"message": message or "the server did not start", "code": "start"})
