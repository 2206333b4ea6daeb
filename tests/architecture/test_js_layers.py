"""The folders of the browser modules are layers: a module imports from its own folder and from lower ones."""

import posixpath
import re
from graphlib import TopologicalSorter
from pathlib import Path

MODULES = Path(__file__).resolve().parents[2] / "web_ui" / "static" / "js"
ENTRY_SCRIPT = ""
LAYERS = {
    "base": 0,
    "widgets": 1,
    "charts": 2,
    "forms": 2,
    "samples": 2,
    "monitor": 3,
    "experiments": 4,
    "playground": 4,
    ENTRY_SCRIPT: 5,
}
"""Folder and its height. Entry scripts lie beside the folders: pages load them, no module imports one."""
SPECIFIER = re.compile(r'\b(?:from |import\()"(\.[^"]+)"')


def imports() -> dict[str, set[str]]:
    """Return the imports of each module, dynamic and type imports included, without third-party modules and
    declarations of types."""
    paths = sorted(MODULES.rglob("*.js"))
    found = {}
    for path in paths:
        name = path.relative_to(MODULES).as_posix()
        specifiers = SPECIFIER.findall(path.read_text("utf-8"))
        targets = {
            posixpath.normpath(posixpath.join(posixpath.dirname(name), specifier)) for specifier in specifiers
        }
        found[name] = {
            target
            for target in targets
            if not target.startswith("../vendor/") and not (MODULES / target).with_suffix(".d.ts").exists()
        }
    return found


def test_every_module_lies_in_a_known_folder_and_imports_modules_that_exist() -> None:
    graph = imports()
    assert {posixpath.dirname(name) for name in graph} == set(LAYERS)
    assert [
        f"{name} -> {target}" for name, targets in graph.items() for target in targets if target not in graph
    ] == []


def test_no_module_imports_from_a_higher_folder_or_an_entry_script() -> None:
    faults = []
    for name, targets in imports().items():
        for target in targets:
            folder, other = posixpath.dirname(name), posixpath.dirname(target)
            is_same_folder = folder == other != ENTRY_SCRIPT
            if not is_same_folder and LAYERS[other] >= LAYERS[folder]:
                faults.append(f"{name} -> {target}")
    assert faults == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    TopologicalSorter(imports()).prepare()
