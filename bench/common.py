"""What compare.py and scaling.py share: finding and running programs, with an error message if that fails."""

import subprocess
import sys
from argparse import ArgumentTypeError
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
RELEASE = REPOSITORY / "target" / "release"
MLRC = RELEASE / "mlrc"
MEASURE = RELEASE / "examples" / "measure"


def require_programs() -> None:
    """Exits with a message if mlrc's programs are not built."""
    for program in (MLRC, MEASURE):
        if not program.is_file():
            sys.exit(f"{program} not found: run `cargo build --release --examples --bins` in {REPOSITORY}")


def existing(path: str) -> Path:
    """For argparse: an existing file."""
    if not Path(path).is_file():
        raise ArgumentTypeError(f"{path} not found")
    return Path(path)


def output(command: list) -> str:
    """What a program prints. If it fails, exits with its error output."""
    command = [str(part) for part in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        # An argument may be an entire Python program.
        shown = " ".join(part if "\n" not in part else "…" for part in command)
        sys.exit(f"{done.stderr}Exit status {done.returncode} from: {shown}")
    return done.stdout
