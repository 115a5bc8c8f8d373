"""SQL files of a stack: read, filled in, and split into statements."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from flink_sql.statements import SqlFault, Statement, split
from settings.faults import Fault, show
from settings.variables import fill, names_in


class SqlFiles:
    """Reads SQL files; what is wrong with them is in `faults`, and what looks wrong in `remarks`.

    Args:
        folder: The project's folder, to which files are relative.
        variables: What `${NAME}` in a file stands for. Everything else with a dollar sign stays as it is: JSON paths,
            system tables, and the platform's own `${secret}`.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self._variables = variables
        self.faults: list[Fault] = []
        self.remarks: list[str] = []

    def statements(self, key: str, file: str) -> list[Statement]:
        """The statements of a file; none, with a fault, if it cannot be taken.

        Args:
            key: Where the stack file names it.
            file: Its path.
        """
        content = self._content(key, file)
        if content is None:
            return []
        try:
            statements = split(fill(content, self._variables))
        except SqlFault as error:
            right = "statements that end with a semicolon"
            self.faults.append(Fault(key, f"{error} in {file}, line {error.line}", right))
            return []
        known = list(self._variables)
        for name in sorted(names_in(content) - self._variables.keys()):
            spellings = (name.strip(), name.strip().upper())
            if near := [each for text in spellings for each in get_close_matches(text, known, n=1, cutoff=0.7)]:
                self.remarks.append(f"{key}: ${{{name}}} in {file} stays as it is; ${{{near[0]}}}?")
        if not statements:
            self.faults.append(Fault(key, f"no statement in {file}", "at least one"))
        return statements

    def _content(self, key: str, file: str) -> str | None:
        try:
            path = (self._folder / file).resolve()
            if path.is_relative_to(self._folder.resolve()):
                # Some editors begin a file with a byte order mark.
                return path.read_text(encoding="utf-8-sig")
            self.faults.append(Fault(key, show(file), "a file inside the project"))
        except UnicodeDecodeError:
            self.faults.append(Fault(key, show(file), "a file in UTF-8"))
        except (OSError, ValueError, RuntimeError) as error:
            # A name with a zero byte is a ValueError, a link to itself a RuntimeError.
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self.faults.append(Fault(key, show(file), f"a file that can be read: {reason}"))
        return None
