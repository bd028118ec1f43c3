"""Runs one command and writes what it cost: wall time, CPU time and peak memory of the command and its descendants.

measure.py REPORT FEED COMMAND...   (FEED: a file to pipe into the command's stdin, or "-" for none)
wait4 counts the command and all that it waited for; the peak is that of the largest single process.
"""

import json
import os
import subprocess
import sys
import time


def main() -> int:
    report, feed, *command = sys.argv[1:]
    feeder = None if feed == "-" else subprocess.Popen(["cat", feed], stdout=subprocess.PIPE)
    started_at = time.time()
    started = time.monotonic()
    child = subprocess.Popen(command, stdin=feeder.stdout if feeder else subprocess.DEVNULL)
    if feeder:
        feeder.stdout.close()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - started
    if feeder:
        feeder.wait()
    with open(report, "w") as file:
        json.dump(
            {
                "exitCode": os.waitstatus_to_exitcode(status),
                "startedAt": started_at,
                "wallSeconds": wall,
                "cpuSeconds": usage.ru_utime + usage.ru_stime,
                "peakMegabytes": usage.ru_maxrss * 1024 / 1e6,
            },
            file,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
