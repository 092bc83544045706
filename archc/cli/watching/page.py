"""The page of `archc watch --open`, served to this machine only, at an address that cannot be guessed."""

from __future__ import annotations

import json
import re
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Condition, Thread
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

from archc.api import Level
from archc.cli.watching.seen import SeenSpec

HOST = "127.0.0.1"
_PATIENCE = 15
"""The seconds without news after which a comment is sent, to detect closed connections."""
_COLUMNS = re.compile("[1-9][0-9]{0,3}")
_PAGE = files("archc.cli.watching").joinpath("page.html")


class WatchPage:
    """The served page. It shows what `show` was last called with."""

    def __init__(self, seen: SeenSpec, title: str) -> None:
        self._news = Condition()
        self._number = 1
        self._seen = seen
        self._title = title
        self._token = secrets.token_urlsafe(24)
        self._nonce = secrets.token_urlsafe(16)
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Its URL."""
        return f"http://{self._host}/{self._token}/"

    @property
    def _host(self) -> str:
        return f"{HOST}:{self._server.server_address[1]}"

    def show(self, seen: SeenSpec) -> None:
        """Replace the contents."""
        with self._news:
            self._seen = seen
            self._number += 1
            self._news.notify_all()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[str, bytes] | None:
        """The media type and the bytes of a resource; None if there is no such resource."""
        if path == "":
            page = _PAGE.read_text(encoding="utf-8").replace("NONCE", self._nonce)
            return "text/html", page.encode()
        if path == "figure":
            name, level = query.get("name", [""])[0], query.get("level", [""])[0]
            seen = self._seen
            if name in seen.shown and level in get_args(Level):
                return "image/svg+xml", seen.figure(name, level).encode()  # type: ignore[arg-type]  # it is a level
        return None

    def events(self, handler: BaseHTTPRequestHandler, columns: int | None) -> None:
        """Send the contents as server-sent events, now and at each change. Raises `OSError` if the client is gone."""
        sent = 0
        while True:
            with self._news:
                if self._number == sent:
                    self._news.wait(_PATIENCE)
                number, seen = self._number, self._seen
            said = f"data: {self._told(number, seen, columns)}\n\n" if number > sent else ": still here\n\n"
            sent = number
            handler.wfile.write(said.encode())

    def _told(self, number: int, seen: SeenSpec, columns: int | None) -> str:
        counts = seen.counts()
        networks = [
            {"name": name, "counts": counts[name], "since": one.since, "current": one.is_current}
            for name, one in seen.shown.items()
        ]
        problems = seen.problems.told(columns)
        return json.dumps({"title": self._title, "number": number, "networks": networks, "problems": problems})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        page = self

        class Handler(BaseHTTPRequestHandler):
            """Answers requests that contain the token and name this host."""

            def _get(self) -> None:
                asked = urlsplit(self.path)
                start = f"/{page._token}/"
                known = secrets.compare_digest(asked.path[: len(start)].encode(), start.encode())
                if not known or self.headers.get("Host") != page._host:
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                path, query = asked.path.removeprefix(start), parse_qs(asked.query)
                if path == "events":
                    columns = query.get("columns", [""])[0]
                    self._head("text/event-stream")
                    try:
                        page.events(self, int(columns) if _COLUMNS.fullmatch(columns) else None)
                    except OSError:  # the client has closed the connection
                        return
                found = page.answer(path, query)
                if found is None:
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                self._head(found[0])
                self.wfile.write(found[1])

            do_GET = _get  # noqa: N815  # the name is the library's

            def _head(self, kind: str) -> None:
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("X-Content-Type-Options", "nosniff")
                self.send_header(
                    "Content-Security-Policy",
                    f"default-src 'none'; connect-src 'self'; img-src data:; font-src data:; "
                    f"style-src 'unsafe-inline'; script-src 'nonce-{page._nonce}'; frame-ancestors 'none'",
                )
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing: the terminal shows the spec."""

        return Handler
