"""Folders on another machine: a lock on a file there keeps nobody out who must be kept out."""

from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
NETWORKED = {
    *("afs", "ceph", "cifs", "coda", "fuse.glusterfs", "fuse.sshfs", "gfs", "gfs2"),
    *("lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs"),
}


def network_of(folder: Path, mounts: Path = MOUNTS) -> str:
    """The kind of network file system that a folder lies on; empty for a disk of this machine.

    Linux says it. Elsewhere, and where Linux does not, it is taken for a disk.
    """
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    kinds = {_plain(where): kind for _, where, kind, *_ in map(str.split, lines)}
    inside = folder.resolve()
    nearest = next((one for one in (inside, *inside.parents) if str(one) in kinds), None)
    kind = kinds[str(nearest)] if nearest is not None else ""
    return kind if kind in NETWORKED else ""


def _plain(escaped: str) -> str:
    """A path without the octal escapes of spaces and the like."""
    return escaped.encode().decode("unicode_escape").encode("latin-1").decode(errors="replace")
