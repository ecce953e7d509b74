"""Commit and hardware of a finished run, for the documents that are written from it."""

from collections.abc import Collection
from typing import Any

from sr.core.provenance import Record


def common_facts(records: Collection[Record]) -> dict[str, Any]:
    """Return what all jobs of a run have in common; refuse a mixture of commits, and local changes."""
    commits = {(record.git.commit, record.git.dirty) for record in records}
    if len(commits) != 1 or any(dirty for _, dirty in commits):
        raise SystemExit(f"error: the jobs ran at {sorted(map(str, commits))}. Run all of them at one clean commit")
    first = next(iter(records))
    return {
        "commit": first.git.commit,
        "preset": next(record.params.preset for record in records if record.params),
        "processor": first.machine.processor,
        "system": first.machine.system,
        "versions": first.versions,
        "jobs": len(records),
    }
