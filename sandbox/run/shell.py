"""The `pulumi` of a shell that `make env` has set up: the engine itself, told where the stack file's copy is.

Without that, whatever reads the stack file first writes the sandbox's salt into it, and a `pulumi preview` would leave
a change in the user's checkout. `pulumi config` works on the stack file itself: a secret has to be where it is set.
"""

import os
import subprocess
import sys
from collections.abc import Sequence

from sandbox.layout import STATE
from sandbox.run import stack_files

ENGINE = STATE / "engine" / "pulumi"
TAKE_A_STACK_FILE = ("preview", "up", "update", "refresh", "destroy", "import", "watch")


def arguments(given: Sequence[str]) -> list[str]:
    """What the engine is called with.

    Args:
        given: What the user typed after `pulumi`.
    """
    options = [option.partition("=")[0] for option in given]
    command = next((word for word in given if not word.startswith("-")), "")
    if command not in TAKE_A_STACK_FILE or "--config-file" in options or "--help" in options:
        return list(given)
    stack = _stack(given)
    if not stack or not stack_files.copy_of(stack).exists():
        return list(given)
    copy, _ = stack_files.working_copy(stack)
    return [*given, "--config-file", str(copy)]


def _stack(given: Sequence[str]) -> str:
    """The stack that a command is about: the one it names, or the one that is selected."""
    for index, word in enumerate(given):
        option, _, value = word.partition("=")
        if option in ("--stack", "-s"):
            return value or (given[index + 1] if index + 1 < len(given) else "")
    selected = subprocess.run(
        [ENGINE, "stack", "--show-name", "--non-interactive"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return selected.stdout.strip()


def main() -> None:
    """Becomes the engine."""
    called = [str(ENGINE), *arguments(sys.argv[1:])]
    # Nothing between the user's terminal and the engine: signals and the exit status are its own.
    os.execv(ENGINE, called)


if __name__ == "__main__":
    if not ENGINE.exists():
        sys.exit(f"There is no {ENGINE}: make up builds it.")
    main()
