"""The entry point, and the one place where errors end."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from fleetops.cli.app import run
from fleetops.cli.session import Session
from fleetops.errors import FleetopsError

INTERRUPTED = 130
OUR_FAULT = 70
_COLLECT_EVERY = 200_000
_AGAIN = 0.01
"""Seconds."""


def main() -> NoReturn:
    """Run the command line; the exit codes are those that the README lists."""
    # Hardly any of what a run makes is garbage before its end: it is looked for less often.
    gc.set_threshold(_COLLECT_EVERY)
    # A terminated run cleans up like an interrupted one: no program of ours is left running.
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.default_int_handler)
    sys.unraisablehook = _unraisable
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process
    session = Session()
    try:
        code = run(session, sys.argv[1:])
        sys.stdout.flush()
    except FleetopsError as error:
        code = error.exit_code
        session.fail(error)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # Nobody reads on; that Python flushes once more at its end shall not fail either.
        sys.stdout = None
        code = 0
    except OSError as error:
        # What is the repository's is a FleetopsError by now: this is the machine, a full disk say.
        where = f"{error.filename}: " if error.filename else ""
        session.fail(FleetopsError(f"{where}{error.strerror or error}"))
        code = FleetopsError.exit_code
    except Exception:  # noqa: BLE001
        import traceback

        traceback.print_exc()
        session.narrate("fleetops: this is a mistake in fleetops; please report the lines above")
        code = OUR_FAULT
    if code == INTERRUPTED:
        # Wherever that was, whatever is still to be cleaned up is by Python's own end.
        sys.exit(code)
    _end(code)


def _unraisable(lost: sys.UnraisableHookArgs) -> None:
    """Have an interruption come again that fell into a callback of Python's own, and was lost."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
    else:
        sys.__unraisablehook__(lost)


def _end(code: int) -> NoReturn:
    """End at once: taking every object apart first would be a tenth of a short run."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            if stream is not None:
                stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
