"""A simulated machine for the start scripts: a copy of the scripts in a folder with a space in its name, and
substitutes for Docker, the GPU driver and the services."""

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.services import free_port

ROOT = Path(__file__).resolve().parents[2]
FILES = ("pyproject.toml", "constraints.txt", "docker-compose.cpu.yml", "docker-compose.gpu.yml")
STAND_INS = {
    # Files set the answers of each substitute; without the file `engine` no engine answers.
    "docker": """#!/bin/bash
cd "$MACHINE" && echo "$*" >>docker.log
case "$*" in
  *DockerRootDir*) echo /nowhere ;;
  info*) [ -f engine ] && cat engine || { echo 'permission denied' >&2; exit 1; } ;;
  "compose version") exit 0 ;;
  "container inspect"*) cat "${!#}" 2>/dev/null ;;
  "port "*) echo "5000/tcp -> 127.0.0.1:5999" ;;
  "logs "*) echo 'what the service last said' ;;
  *cpu.yml\\ up*) [ ! -f broken ] && echo 'running, healthy' >deepsynth-dataset-generator-cpu ;;
  *gpu.yml\\ up*) echo 'running, healthy' >deepsynth-trainer-gpu ;;
  *cpu.yml\\ down*) rm deepsynth-dataset-generator-cpu ;;
  *build*) exit 0 ;;
  *) exit 1 ;;
esac
""",
    "nvidia-smi": """#!/bin/bash
cat "$MACHINE/gpu" 2>/dev/null || { echo 'NVIDIA-SMI has failed: no driver'; exit 9; }
""",
    "df": """#!/bin/bash
echo header; echo "/dev/disk 999999 1 $(cat "$MACHINE/free_mb" 2>/dev/null || echo 999998) 1% /"
""",
    "ldconfig": "#!/bin/bash\necho libEGL.so.1 libGL.so.1\n",
}
SERVICE = """#!{python}
import http.server, json, os, sys
if os.path.exists(os.environ["MACHINE"] + "/broken"):
    sys.exit("what the service last said")
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({{"role": sys.argv[3]}}).encode())
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Health).serve_forever()
"""


@dataclass
class Machine:
    """The folder and the environment of the scripts, and the state of the substitutes."""

    folder: Path
    environment: dict[str, str]
    state: Path = field(init=False)

    def __post_init__(self) -> None:
        self.state = Path(self.environment["MACHINE"])

    def has(self, part: str, content: str = "") -> None:
        (self.state / part).write_text(content)

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a start script from another folder; its standard error joins its output."""
        return subprocess.run(
            [str(self.folder / script), *arguments],
            cwd="/",
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )

    @property
    def docker_calls(self) -> str:
        log = self.state / "docker.log"
        return log.read_text() if log.exists() else ""

    @property
    def started(self) -> bool:
        return " up " in self.docker_calls or any((self.folder / "workspace" / "run").glob("*.pid"))


def executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def make_venv(folder: Path) -> None:
    """Make a virtual environment for the scripts on top of that of the tests. Its `deepsynth` only answers
    health checks."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "lib").symlink_to(Path(sys.prefix) / "lib")
    made_here = (Path(sys.prefix) / "pyvenv.cfg").read_text().replace(sys.prefix, str(folder))
    (folder / "pyvenv.cfg").write_text(made_here)
    executable(folder / "bin" / "deepsynth", SERVICE.format(python=sys.executable))
    wanted = subprocess.run(
        "cat pyproject.toml constraints.txt | cksum",
        shell=True,
        cwd=folder.parent,
        capture_output=True,
        check=True,
    )
    (folder / ".installed-dev,train").write_bytes(wanted.stdout)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder, stand_ins = tmp_path / "a folder", tmp_path / "bin"
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("*.py"))
    for name in (*FILES, *(path.name for path in ROOT.glob("start-*.sh"))):
        shutil.copy(ROOT / name, folder / name)
    stand_ins.mkdir()
    for name, text in STAND_INS.items():
        executable(stand_ins / name, text)
    make_venv(folder / ".venv")
    return Machine(
        folder,
        {
            "PATH": f"{stand_ins}:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "MACHINE": str(tmp_path),
            "DEEPSYNTH_CPU_PORT": str(free_port()),
            "DEEPSYNTH_GPU_PORT": str(free_port()),
        },
    )
