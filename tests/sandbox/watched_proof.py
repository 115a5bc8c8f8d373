"""`python -m prove`, watched: which files it opens, and whether anything of the sandbox's code comes with it.

Run as `python -m tests.sandbox.watched_proof REPORT …`; what follows the report's file goes to the proof.
"""

import atexit
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Runs the proof as its own main module."""
    report, sys.argv = Path(sys.argv[1]), ["prove", *sys.argv[2:]]
    opened: set[str] = set()

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes):
            opened.add(os.path.abspath(os.fsdecode(arguments[0])))

    def tell() -> None:
        modules = sorted(name for name in sys.modules if name.partition(".")[0] == "sandbox")
        report.write_text(json.dumps({"opened": sorted(opened), "modules": modules}))

    atexit.register(tell)
    sys.addaudithook(hear)
    runpy.run_module("prove", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
