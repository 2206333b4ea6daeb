"""A repository of the stand-in Hub: branches of whole revisions, as git would show them."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Stored:
    """One file of a revision. An LFS file has a SHA-256; its content may be elsewhere (Xet)."""

    size: int
    git_oid: str
    content: bytes = b""
    sha256: str | None = None

    @classmethod
    def regular(cls, content: bytes) -> "Stored":
        header = b"blob %d\0" % len(content)
        return cls(len(content), hashlib.sha1(header + content).hexdigest(), content)

    @classmethod
    def lfs(cls, oid: str, size: int) -> "Stored":
        return cls(size, hashlib.sha1(oid.encode()).hexdigest(), sha256=oid)

    def sibling(self) -> dict[str, Any]:
        return {"size": self.size, "blobId": self.git_oid, **self._lfs("sha256")}

    def item(self, path: str) -> dict[str, Any]:
        return {"type": "file", "oid": self.git_oid, "size": self.size, "path": path, **self._lfs("oid")}

    def _lfs(self, name: str) -> dict[str, Any]:
        return {"lfs": {name: self.sha256, "size": self.size, "pointerSize": 130}} if self.sha256 else {}


@dataclass(frozen=True)
class Revision:
    """All files of a repository at one commit."""

    sha: str
    files: Mapping[str, Stored]
    summary: str = ""

    def tree(self, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
        prefix = folder.rstrip("/") + "/" if folder else ""
        inside = {path: stored for path, stored in sorted(self.files.items()) if path.startswith(prefix)}
        found: dict[str, dict[str, Any]] = {}
        for path, stored in inside.items():
            parts = path[len(prefix) :].split("/")
            for depth in range(1, len(parts) if recursive else min(2, len(parts))):
                name = prefix + "/".join(parts[:depth])
                found.setdefault(name, _folder(name))
            if recursive or len(parts) == 1:
                found[path] = stored.item(path)
        return list(found.values())

    def entry(self, path: str) -> list[dict[str, Any]]:
        if path in self.files:
            return [self.files[path].item(path)]
        return [_folder(path)] if any(name.startswith(path.rstrip("/") + "/") for name in self.files) else []


@dataclass
class Repository:
    """A repository with its branches and history."""

    repo_id: str
    private: bool = False
    gated: bool = False
    granted: bool = False
    disabled: bool = False
    branches: dict[str, str] = field(default_factory=dict)
    history: dict[str, Revision] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._add("main", {".gitattributes": Stored.regular(b"*.parquet filter=lfs\n")}, "initial commit")

    @property
    def files(self) -> Mapping[str, Stored]:
        """The files at the head of main."""
        return self.history[self.branches["main"]].files

    @property
    def summaries(self) -> list[str]:
        return [revision.summary for revision in self.history.values()]

    def revision(self, name: str) -> Revision | None:
        return self.history.get(self.branches.get(name, name))

    def commit(
        self, lines: Sequence[Mapping[str, Any]], objects: Mapping[str, bytes], branch: str = "main"
    ) -> Revision:
        """Apply the lines of a commit request."""
        files = dict(self.history[self.branches[branch]].files)
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = Stored.regular(base64.b64decode(value["content"]))
            elif line["key"] == "lfsFile":
                files[value["path"]] = Stored.lfs(
                    value["oid"], value.get("size") or len(objects[value["oid"]])
                )
            elif line["key"] == "deletedFile":
                del files[value["path"]]
            elif line["key"] == "deletedFolder":
                files = {path: stored for path, stored in files.items() if not path.startswith(value["path"])}
        return self._add(branch, files, lines[0]["value"]["summary"])

    def put(self, files: Mapping[str, bytes], branch: str = "main") -> str:
        """Add regular files on a branch (made from nothing where it is missing), for tests that only read;
        return the commit."""
        old = self.history[self.branches[branch]].files if branch in self.branches else {}
        return self._add(
            branch, {**old, **{path: Stored.regular(content) for path, content in files.items()}}, "put"
        ).sha

    def _add(self, branch: str, files: Mapping[str, Stored], summary: str) -> Revision:
        sha = hashlib.sha1(f"{self.repo_id}/{branch}/{len(self.history)}".encode()).hexdigest()
        self.history[sha] = Revision(sha, files, summary)
        self.branches[branch] = sha
        return self.history[sha]


def _folder(path: str) -> dict[str, Any]:
    return {"type": "directory", "oid": hashlib.sha1(path.encode()).hexdigest(), "size": 0, "path": path}
