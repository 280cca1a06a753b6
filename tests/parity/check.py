"""Compare our networks with fixtures of the originals: ``python tests/parity/check.py FILE.npz ...``

One line for each expected array with the largest difference and its limit. Exits 1 if any is beyond it or nothing of
ours computes a fixture, 2 on wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.parity.fixture import Fixture

ROOT = Path(__file__).resolve().parent.parent.parent


def main(files: Sequence[str]) -> int:
    """Check all files; the exit code."""
    if not files or any(name.startswith("-") for name in files):
        print(__doc__, file=sys.stderr)
        return 2
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from sepbench.errors import SepbenchError
    from tests.parity.fixture import Fixture

    held = True
    for name in files:
        try:
            fixture = Fixture.read(Path(name))
        except SepbenchError as error:
            print(error, file=sys.stderr)
            return 2
        print(f"{fixture.name}  ({name})")
        held &= check(fixture)
    return 0 if held else 1


def check(fixture: Fixture) -> bool:
    """Print a line for each expected array; whether all hold."""
    from sepbench.errors import SepbenchError
    from tests.parity.cases import CASES
    from tests.parity.comparing import EXACT, Line, compare

    case = CASES.get(fixture.name)
    if case is None:
        print(f"MISS {fixture.name}: no network of ours computes this fixture; known: {', '.join(sorted(CASES))}")
        return False
    try:
        outputs = case.compute(fixture)
    except ModuleNotFoundError as error:
        print(f"MISS {fixture.name}: needs {error.name}; run pip install 'sepbench[models]'")
        return False
    except SepbenchError as error:
        print(f"MISS {fixture.name}: {error}")
        return False
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:  # inputs of another form
        print(f"MISS {fixture.name}: {type(error).__name__}: {error}")
        return False
    lines: list[Line] = []
    for name, got in {**fixture.rebuilt, **outputs}.items():
        if name in fixture.arrays:
            lines += compare(fixture, name, got, EXACT if name in fixture.rebuilt else case.tolerance_of(name))
    left = fixture.unexplained({*fixture.rebuilt, *outputs})
    lines += [Line(name, float("inf"), 0.0, "nothing of ours computes this array") for name in left]
    if not lines:
        lines = [Line(fixture.name, float("inf"), 0.0, "the file holds nothing to compare")]
    print(*lines, sep="\n")
    return all(line.holds for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
