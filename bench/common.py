"""What compare.py and scaling.py share: finding and running programs, with a line on what is wrong if that fails."""

import subprocess
import sys
from argparse import ArgumentTypeError
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
RELEASE = REPOSITORY / "target" / "release"
MLRC = RELEASE / "mlrc"
MEASURE = RELEASE / "examples" / "measure"


def require_programs() -> None:
    """Ends this program if those of mlrc are not built."""
    for program in (MLRC, MEASURE):
        if not program.is_file():
            sys.exit(f"{program} is absent: run `cargo build --release --examples --bins` in {REPOSITORY}")


def existing(path: str) -> Path:
    """For argparse: a file that is there."""
    if not Path(path).is_file():
        raise ArgumentTypeError(f"{path} is absent")
    return Path(path)


def output(command: list) -> str:
    """What a program prints. If it fails, so does this one, with what the other said about it."""
    command = [str(part) for part in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        # An argument may be a whole program.
        shown = " ".join(part if "\n" not in part else "…" for part in command)
        sys.exit(f"{done.stderr}Status {done.returncode} from: {shown}")
    return done.stdout
