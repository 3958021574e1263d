"""The rules whose issues are done must each be cited by a test (`pytest --rules` lists all of them)."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
DONE = {f"P{n}" for n in range(1, 19)}


def test_no_rule_of_publication_is_without_a_test() -> None:
    cited = {
        number
        for path in TESTS.rglob("test_*.py")
        for arguments in re.findall(r"mark\.rule\(([^)]*)\)", path.read_text(encoding="utf-8"))
        for number in re.findall(r"[\"']([A-Z]\d+)[\"']", arguments)
    }
    assert cited >= DONE, f"without a test: {sorted(DONE - cited)}"
