"""A stand-in for the Hugging Face Hub on loopback, for the real clients (huggingface_hub, datasets,
transformers), unpatched.

    with StandInHub(folder) as hub: run a program with hub.environment(), then look at hub.repositories and
        hub.requests.

Faults are scheduled by `hub.fail(...)`: a status, a connection dropped before or after the work is done, or a
wait.
"""

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

from tests.hub.http_server import Answer, HttpServer, Request
from tests.hub.repository import Repository, Revision

TOKEN, USER = "hf_standInCanaryToken", "tester"
Mode = Literal["lfs", "xet"]
LFS_SUFFIXES = (".parquet", ".safetensors", ".bin", ".png")


@dataclass
class Fault:
    """What goes wrong with the next requests that match."""

    method: str
    path: re.Pattern[str]
    times: int
    skip: int = 0
    status: int | None = None
    body: Any = field(default_factory=lambda: {"error": "injected fault"})
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: Literal["before", "after"] | None = None
    wait_s: float = 0.0


@dataclass(frozen=True)
class Seen:
    """One request that was answered (status 0: the connection was dropped)."""

    method: str
    path: str
    status: int
    num_bytes: int
    """Of what was sent here."""
    num_answered_bytes: int = 0


class StandInHub:
    """The server and its contents. One token, one user; all state in memory, Xet chunks in the given
    folder."""

    def __init__(self, folder: Path, mode: Mode = "lfs", multipart_bytes: int | None = None) -> None:
        self.folder = folder
        self.mode = mode
        self.multipart_bytes = multipart_bytes
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.parts: dict[tuple[str, int], bytes] = {}
        self.requests: list[Seen] = []
        self.num_faults = 0
        self._faults: list[Fault] = []
        self._lock = threading.RLock()
        self._server = HttpServer(self._answer)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables that send every Hugging Face client here; they are read when the client is
        imported."""
        home = self.folder / "hf_home"
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_TOKEN": TOKEN,
            "HF_USERNAME": USER,
            "HF_HUB_DISABLE_XET": "0" if self.mode == "xet" else "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            **more,
        }

    def repository(self, repo_id: str, kind: str = "datasets", **options: Any) -> Repository:
        """Return a repository, made where it is missing; options: private, gated, disabled."""
        return self.repositories.setdefault((kind, repo_id), Repository(repo_id, **options))

    def fail(self, method: str, path: str, times: int = 1, **what: Any) -> None:
        """Let the next `times` requests whose path matches the regular expression go wrong, after letting
        `skip` of them pass."""
        self._faults.append(Fault(method, re.compile(path), times, **what))

    def count(self, method: str, path: str, status: int | None = None) -> int:
        """Count the requests so far whose path matches."""
        return sum(
            seen.method == method and re.search(path, seen.path) is not None and status in (None, seen.status)
            for seen in self.requests
        )

    def _answer(self, request: Request) -> Answer:
        fault = self._next_fault(request)
        if fault:
            time.sleep(fault.wait_s)
        if fault and fault.status:
            answer = Answer(fault.status, fault.body, dict(fault.headers))
        elif fault and fault.drop == "before":
            answer = Answer(0)
        else:
            answer = self._route(request)
            if fault and fault.drop == "after":
                answer = Answer(0)
        num_answered = len(answer.body) if isinstance(answer.body, bytes) and request.method == "GET" else 0
        self.requests.append(
            Seen(request.method, request.path, answer.status, len(request.body), num_answered)
        )
        return answer

    def _next_fault(self, request: Request) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.times and fault.method == request.method and fault.path.search(request.path):
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    self.num_faults += 1
                    return fault
        return None

    def _route(self, request: Request) -> Answer:
        for method, pattern, name in ROUTES:
            match = re.fullmatch(pattern, urlsplit(request.path).path)
            if match and request.method in (method, "HEAD" if method == "GET" else method):
                groups = {key: unquote(value or "") for key, value in match.groupdict().items()}
                with self._lock:
                    return getattr(self, name)(request, **groups)
        return Answer(404, {"error": "no such page"})

    # -- accounts and repositories

    def _whoami(self, request: Request) -> Answer:
        if not self._is_user(request):
            return Answer(401, {"error": "Invalid credentials in Authorization header"})
        return Answer(
            200, {"name": USER, "type": "user", "orgs": [], "auth": {"accessToken": {"role": "write"}}}
        )

    def _create(self, request: Request) -> Answer:
        body = request.json()
        repo_id = f"{body.get('organization') or USER}/{body['name']}"
        if not self._is_user(request):
            return Answer(401, {"error": "Invalid username or password."})
        if not repo_id.startswith(f"{USER}/"):
            return Answer(
                403,
                {"error": f"You don't have the rights to create {repo_id}"},
                {"X-Error-Message": "no rights here"},
            )
        kind = f"{body.get('type', 'model')}s"
        link = f"{self.url}/{'' if kind == 'models' else kind + '/'}{repo_id}"
        if (kind, repo_id) in self.repositories:
            return Answer(409, {"error": "You already created this repo", "url": link})
        self.repository(repo_id, kind, private=body.get("visibility") == "private")
        return Answer(200, {"url": link, "name": repo_id, "id": repo_id})

    def _info(self, request: Request, kind: str, repo_id: str, revision: str = "main") -> Answer:
        found = self._find(request, kind, repo_id, revision)
        if isinstance(found, Answer):
            return found
        repository, commit = found
        siblings = [{"rfilename": path, **stored.sibling()} for path, stored in commit.files.items()]
        names = {
            "id": repo_id,
            "sha": commit.sha,
            "private": repository.private,
            "gated": repository.gated,
            "disabled": False,
        }
        times = {"lastModified": "2026-01-01T00:00:00.000Z", "createdAt": "2026-01-01T00:00:00.000Z"}
        return Answer(200, {**names, **times, "tags": [], "downloads": 0, "likes": 0, "siblings": siblings})

    def _refs(self, request: Request, kind: str, repo_id: str) -> Answer:
        found = self._find(request, kind, repo_id, "main")
        if isinstance(found, Answer):
            return found
        heads = {
            name: {"name": name.rsplit("/", 1)[-1], "ref": name, "targetCommit": sha}
            for name, sha in found[0].branches.items()
        }
        converts = [head for name, head in heads.items() if name.startswith("refs/convert/")]
        return Answer(
            200,
            {
                "branches": [head for head in heads.values() if head not in converts],
                "converts": converts,
                "tags": [],
            },
        )

    def _validate_yaml(self, request: Request) -> Answer:
        has_front = request.json()["content"].startswith("---\n")
        return Answer(
            200,
            {"errors": [], "warnings": [] if has_front else [{"message": "empty or missing yaml metadata"}]},
        )

    # -- sending

    def _preupload(self, request: Request, kind: str, repo_id: str, revision: str) -> Answer:
        found = self._find(request, kind, repo_id, revision)
        if isinstance(found, Answer):
            return found
        modes = []
        for file in request.json()["files"]:
            stored = found[1].files.get(file["path"])
            mode = "lfs" if file["path"].endswith(LFS_SUFFIXES) or file["size"] > 10_000_000 else "regular"
            oid = {"oid": stored.sha256 or stored.git_oid} if stored else {}
            modes.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, **oid})
        return Answer(200, {"files": modes})

    def _lfs_batch(self, request: Request, prefix: str, repo_id: str) -> Answer:
        if not self._is_user(request):
            return Answer(401, {"error": "Unauthorized"})
        objects = [self._lfs_object(item["oid"], item["size"]) for item in request.json()["objects"]]
        transfer = "multipart" if any("chunk_size" in str(item) for item in objects) else "basic"
        return Answer(200, {"transfer": transfer, "objects": objects})

    def _lfs_object(self, oid: str, size: int) -> dict[str, Any]:
        if oid in self.objects:
            return {"oid": oid, "size": size}
        upload: dict[str, Any] = {"href": f"{self.url}/lfs/put/{oid}"}
        if self.multipart_bytes and size > self.multipart_bytes:
            num_parts = -(-size // self.multipart_bytes)
            urls = {str(number): f"{self.url}/lfs/part/{oid}/{number}" for number in range(1, num_parts + 1)}
            upload = {
                "href": f"{self.url}/lfs/join/{oid}",
                "header": {"chunk_size": str(self.multipart_bytes), **urls},
            }
        return {
            "oid": oid,
            "size": size,
            "actions": {"upload": upload, "verify": {"href": f"{self.url}/lfs/verify"}},
        }

    def _lfs_put(self, request: Request, oid: str) -> Answer:
        self.objects[oid] = request.body
        return Answer(200)

    def _lfs_part(self, request: Request, oid: str, number: str) -> Answer:
        self.parts[oid, int(number)] = request.body
        return Answer(200, headers={"ETag": f'"{number}"'})

    def _lfs_join(self, request: Request, oid: str) -> Answer:
        self.objects[oid] = b"".join(
            self.parts.pop((oid, part["partNumber"])) for part in request.json()["parts"]
        )
        return Answer(200, {})

    def _lfs_verify(self, request: Request) -> Answer:
        body = request.json()
        return Answer(200 if len(self.objects.get(body["oid"], b"")) == body["size"] else 404, {})

    def _xet_token(self, request: Request, kind: str, repo_id: str, right: str, revision: str) -> Answer:
        if not self._is_user(request):
            return Answer(401, {"error": "Unauthorized"})
        address, expires = f"local://{self.folder / 'xet'}", int(time.time()) + 3600
        headers = {
            "X-Xet-Cas-Url": address,
            "X-Xet-Access-Token": "xet",
            "X-Xet-Token-Expiration": str(expires),
        }
        return Answer(200, {"casUrl": address, "exp": expires, "accessToken": "xet"}, headers)

    def _commit(self, request: Request, kind: str, repo_id: str, revision: str) -> Answer:
        found = self._find(request, kind, repo_id, revision)
        if isinstance(found, Answer):
            return found
        repository, head = found
        lines = request.json_lines()
        if lines[0]["value"].get("parentCommit") not in (None, head.sha):
            return Answer(412, {"error": "A commit has happened since. Please refresh and try again."})
        missing = [
            line["value"]["path"]
            for line in lines
            if line["key"] == "lfsFile" and not self._has(line["value"]["oid"])
        ]
        if missing:
            return Answer(400, {"error": f"LFS pointer pointed to a file that does not exist: {missing}"})
        if any(line["key"] == "deletedFile" and line["value"]["path"] not in head.files for line in lines):
            message = "A file with this name doesn't exist"
            return Answer(
                404, {"error": message}, {"X-Error-Code": "EntryNotFound", "X-Error-Message": message}
            )
        commit = repository.commit(lines, self.objects, revision)
        link = f"{self.url}/{'' if kind == 'models' else kind + '/'}{repo_id}/commit/{commit.sha}"
        return Answer(200, {"success": True, "commitOid": commit.sha, "commitUrl": link})

    def _has(self, oid: str) -> bool:
        return self.mode == "xet" or oid in self.objects

    # -- reading

    def _tree(self, request: Request, kind: str, repo_id: str, revision: str, path: str = "") -> Answer:
        found = self._find(request, kind, repo_id, revision)
        if isinstance(found, Answer):
            return found
        items = found[1].tree(path, recursive="recursive=true" in request.path.lower())
        if not items and path:
            return Answer(404, {"error": f"{path} does not exist"}, {"X-Error-Code": "EntryNotFound"})
        query = urlsplit(request.path).query
        start = int(re.search(r"cursor=(\d+)", query).group(1)) if "cursor=" in query else 0  # type: ignore[union-attr]
        following = f"{self.url}{re.sub('&?cursor=[0-9]+', '', request.path)}&cursor={start + 1000}"
        headers = {"Link": f'<{following}>; rel="next"'} if len(items) > start + 1000 else {}
        return Answer(200, items[start : start + 1000], headers)

    def _paths_info(self, request: Request, kind: str, repo_id: str, revision: str) -> Answer:
        found = self._find(request, kind, repo_id, revision)
        if isinstance(found, Answer):
            return found
        return Answer(200, [item for path in request.form("paths") for item in found[1].entry(path)])

    def _resolve(self, request: Request, prefix: str, repo_id: str, revision: str, path: str) -> Answer:
        found = self._find(request, prefix.strip("/") or "models", repo_id, revision)
        if isinstance(found, Answer):
            return found
        commit = found[1]
        stored = commit.files.get(path)
        if stored is None:
            return Answer(
                404,
                {"error": "Entry not found"},
                {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit.sha},
            )
        headers = {
            "X-Repo-Commit": commit.sha,
            "ETag": f'"{stored.sha256 or stored.git_oid}"',
            "Accept-Ranges": "bytes",
        }
        if stored.sha256 is None:
            return Answer(200, stored.content, headers).part(request)
        # Another host name, as on the Hub: a client takes the headers of this answer before it follows.
        where = {"Location": f"http://localhost:{self._server.port}/lfs/get/{stored.sha256}"}
        linked = {"X-Linked-Etag": headers["ETag"], "X-Linked-Size": str(stored.size)}
        return Answer(302, b"", {**headers, **where, **linked})

    def _lfs_get(self, request: Request, oid: str) -> Answer:
        return Answer(200, self.objects[oid], {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"}).part(request)

    def _is_user(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    def _find(
        self, request: Request, kind: str, repo_id: str, revision: str
    ) -> tuple[Repository, Revision] | Answer:
        repository = self.repositories.get((kind, repo_id))
        if repository is None or (repository.private and not self._is_user(request)):
            status = 404 if self._is_user(request) else 401
            return Answer(
                status,
                {"error": "Repository not found"},
                {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"},
            )
        is_content = "/resolve/" in request.path or "/tree/" in request.path
        if repository.gated and is_content and not repository.granted:
            message = f"Access to dataset {repo_id} is restricted and you are not in the authorized list."
            return Answer(
                403 if self._is_user(request) else 401,
                {"error": message},
                {"X-Error-Code": "GatedRepo", "X-Error-Message": message},
            )
        if repository.disabled:
            message = "Access to this resource is disabled."
            return Answer(403, {"error": message}, {"X-Error-Message": message})
        commit = repository.revision(revision)
        if commit is None:
            return Answer(
                404,
                {"error": "Invalid rev id"},
                {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "Invalid rev id"},
            )
        return repository, commit


_REPO = r"(?P<kind>models|datasets)/(?P<repo_id>[^/]+/[^/]+|[^/]+)"
_PREFIX = r"/(?P<prefix>datasets/|)(?P<repo_id>[^/]+/[^/]+|[^/]+)"
_REVISION = r"(?P<revision>refs(?:/|%2F)[^/]+/[^/]+|[^/]+)"
ROUTES = [
    ("GET", r"/api/whoami-v2", "_whoami"),
    ("POST", r"/api/repos/create", "_create"),
    ("POST", r"/api/validate-yaml", "_validate_yaml"),
    ("GET", rf"/api/{_REPO}/refs", "_refs"),
    ("GET", rf"/api/{_REPO}/revision/{_REVISION}", "_info"),
    ("POST", rf"/api/{_REPO}/preupload/{_REVISION}", "_preupload"),
    ("POST", rf"/api/{_REPO}/commit/{_REVISION}", "_commit"),
    ("GET", rf"/api/{_REPO}/xet-(?P<right>read|write)-token/{_REVISION}", "_xet_token"),
    ("POST", rf"/api/{_REPO}/paths-info/{_REVISION}", "_paths_info"),
    ("GET", rf"/api/{_REPO}/tree/{_REVISION}(?:/(?P<path>.*))?", "_tree"),
    ("GET", rf"/api/{_REPO}", "_info"),
    ("POST", rf"{_PREFIX}\.git/info/lfs/objects/batch", "_lfs_batch"),
    ("PUT", r"/lfs/put/(?P<oid>\w+)", "_lfs_put"),
    ("PUT", r"/lfs/part/(?P<oid>\w+)/(?P<number>\d+)", "_lfs_part"),
    ("POST", r"/lfs/join/(?P<oid>\w+)", "_lfs_join"),
    ("POST", r"/lfs/verify", "_lfs_verify"),
    ("GET", r"/lfs/get/(?P<oid>\w+)", "_lfs_get"),
    ("GET", rf"{_PREFIX}/resolve/{_REVISION}/(?P<path>.*)", "_resolve"),
]
