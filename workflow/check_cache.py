"""Find objects in DVC's cache whose content does not match their name, which DVC itself trusts.

python workflow/check_cache.py            # names them; exit code 1 if there are any
python workflow/check_cache.py --delete   # also removes them, so that `dvc fetch` or `dvc repro` restores them
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path


def wrong_objects(cache: Path) -> list[Path]:
    """Return the objects below ``cache`` whose MD5 differs from their name."""
    wrong = []
    for path in sorted((cache / "files" / "md5").glob("??/*")):
        with open(path, "rb") as stream:
            digest = hashlib.file_digest(stream, "md5").hexdigest()
        if path.parent.name + path.name.removesuffix(".dir") != digest:
            wrong.append(path)
    return wrong


def main() -> int:
    """Run as the module's docstring says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delete", action="store_true", help="remove the wrong objects")
    delete = parser.parse_args().delete
    cache = Path(subprocess.run(["dvc", "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip())
    wrong = wrong_objects(cache)
    for path in wrong:
        print(f"{'removed' if delete else 'wrong'}: {path}")
        if delete:
            path.unlink()
    print(f"{len(wrong)} wrong objects in {cache}")
    return 1 if wrong and not delete else 0


if __name__ == "__main__":
    sys.exit(main())
