"""One HTTP transfer to a file, bounded in size and in time, whatever the server sends."""

import sys
import threading
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO
from urllib.parse import urljoin, urlsplit

import requests
from tqdm import tqdm

TIMEOUT = 30  # seconds without a byte
PERIOD = 60  # seconds over which the rate is measured
SLOWEST = 1024  # bytes per second
CHUNK = 2**14  # bytes; less than arrive within PERIOD at the lowest rate


def file_name(url: str) -> str:
    """Return the last part of an address."""
    return PurePosixPath(urlsplit(url).path).name


@dataclass
class Transfer:
    """Downloader for pooch: of a file of exactly ``size`` bytes, or of at most ``limit`` if its size is unknown.

    Raises OSError for a server that is too slow or sends anything else, and what requests raises for a connection that
    fails; ValueError, after which pooch tries again, for one that ends early.
    """

    size: int | None
    limit: int
    received: int = field(default=0, init=False)

    def __call__(self, url: str, output_file: str, _: object) -> None:
        """Download ``url`` to ``output_file``, with a progress bar."""
        self.received = before = 0
        with open(output_file, "wb") as file, _bar(file_name(url), self.size) as bar:
            future: Future[None] = Future()
            # A socket's timeout bounds no answer as a whole: headers, too, can come byte by byte. A thread that is
            # given up ends with its connection, and cannot write to the closed file.
            threading.Thread(target=self._run, args=(url, file, bar, future), daemon=True).start()
            while not wait([future], PERIOD).done:
                if self.received - before < PERIOD * SLOWEST:
                    raise OSError(f"the server sends less than {SLOWEST} bytes a second")
                before = self.received
            future.result()

    def _run(self, url: str, file: IO[bytes], bar: tqdm, future: Future[None]) -> None:
        # A compressed answer can be far larger than what arrives.
        headers, hooks = {"Accept-Encoding": "identity"}, {"response": reject_downgrade}
        try:
            with requests.get(url, stream=True, timeout=TIMEOUT, headers=headers, hooks=hooks) as answer:
                answer.raise_for_status()
                self._save(answer, file, bar)
            future.set_result(None)
        except BaseException as error:
            future.set_exception(error)

    def _save(self, answer: requests.Response, file: IO[bytes], bar: tqdm) -> None:
        encoding = answer.headers.get("Content-Encoding", "identity").lower()
        if encoding != "identity":
            raise OSError(f"the server sends content encoding {encoding!r}, which it was asked not to use")
        announced = answer.headers.get("Content-Length", "")
        if announced.isdecimal():
            bar.total = int(announced)
            if self.size not in (None, bar.total):
                raise OSError(f"the server sends {announced} bytes, but the registered file has {self.size}")
            self._check(bar.total)
        for chunk in answer.iter_content(CHUNK):
            self._check(self.received + len(chunk))
            file.write(chunk)
            self.received += len(chunk)
            bar.update(len(chunk))
        if self.size is not None and self.received < self.size:
            raise ValueError(f"the transfer ended after {self.received} of {self.size} bytes")

    def _check(self, received: int) -> None:
        """Raise OSError if so many bytes are too many."""
        if self.size is not None and received > self.size:
            raise OSError(f"the server sends more than the {self.size} bytes of the registered file")
        if received > self.limit:
            raise OSError(f"the server sends more than {self.limit / 1e9:.1f} GB, the most for a file of unknown size")


def reject_downgrade(answer: requests.Response, **_: object) -> None:
    """Reject a redirect from https to http, where anyone on the network path can replace the file."""
    if answer.is_redirect:
        # requests would read the body of a redirect, however long.
        answer.close()
        target = urljoin(answer.url, answer.headers["Location"])
        if answer.url.startswith("https:") and not target.lower().startswith("https:"):
            raise OSError(f"redirected to {target}, which is not https")


def _bar(name: str, size: int | None) -> tqdm:
    """Return a progress bar: live in a terminal, refreshed every ten seconds where stderr is a log."""
    interval = 0.1 if sys.stderr.isatty() else 10
    return tqdm(desc=name, total=size, unit="B", unit_scale=True, ncols=100, mininterval=interval)
