"""Sleeping under a false clock: Debian's libfaketime 0.9.10 lets ``time.sleep`` fail where monotonic time is left true.

And that has to stay true, because waiting for a lock never ends where it is false. ``select`` waits as well.
"""

import select
import time


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep
