"""Lines from the process before us. What a pipe has given is gone: there is no position to which it could be taken back."""

from __future__ import annotations

import select
import sys

from rtj.base.errors import InputError
from rtj.connect.feed_lines import Cutter
from rtj.connect.feed_port import DELIVERY_BYTES
from rtj.connect.feed_thread import ThreadFeeder, now_ms
from rtj.connect.inbox import Closing, Delivery, Opening, Refused
from rtj.connect.streams import Source, check_encoding

LOOK_S = 0.1  # so often it is asked whether to stop
LAST_S = 5.0  # what was read before the stop waits so long for room


class StdinFeeder(ThreadFeeder):
    """The standard input as a stream that is called as its source. Its end closes it."""

    def prepare(self) -> None:
        """Raises InputError when there is no standard input."""
        if sys.stdin is None:
            raise InputError("stdin: there is none")
        self._source = Source("-")
        self._cutter = Cutter()
        self.tell(Opening(self.name))

    def work(self) -> None:
        """Read to the end of the pipe."""
        cutter = self._cutter
        while not self.stopped.is_set():
            if not select.select([self._source.fd], [], [], LOOK_S)[0]:
                self.idle(self.name)
                continue
            piece = self._source.read(DELIVERY_BYTES)
            if not piece:
                self._give(cutter, *cutter.end())
                self.tell(Closing(self.name, "end of input"))
                return
            if cutter.offset == 0 and not cutter.held:
                check_encoding(piece[:4], self._source.name)
            self._give(cutter, *cutter.cut(piece))

    def _give(self, cutter: Cutter, text: bytes, refused: tuple[Refused, ...]) -> None:
        if not text and not refused:
            return
        delivery = Delivery(self.name, text, b'{"bytes":%d}' % cutter.offset, now_ms(), refused=refused)
        while not self.inbox.put(delivery, wait_s=LAST_S):
            if self.stopped.is_set():
                return  # nobody takes anything any more
        self.handed(delivery)
