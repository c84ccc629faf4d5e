"""The entry point, and the one place where errors end."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; the exit codes are those that the README lists."""
    from fleetops.cli.app import app
    from fleetops.cli.session import Session
    from fleetops.errors import FleetopsError

    session = Session()
    try:
        app(obj=session)
    except FleetopsError as error:
        session.fail(error)
        sys.exit(error.exit_code)
    except OSError as error:
        # What is the repository's is an InputError by now: this is the machine (a full disk, say).
        where = f"{error.filename}: " if error.filename else ""
        session.fail(FleetopsError(f"{where}{error.strerror or error}"))
        sys.exit(FleetopsError.exit_code)
    except Exception:  # noqa: BLE001
        import traceback

        traceback.print_exc()
        sys.stderr.write("fleetops: this is a mistake in fleetops; please report the lines above\n")
        sys.exit(70)


if __name__ == "__main__":
    main()
