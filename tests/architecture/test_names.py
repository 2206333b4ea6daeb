"""Names and sizes: files of one idea, functions of a screen, nothing named for nothing."""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("data", "evaluation", "training", "web_ui")
BANNED = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "manager",
    "improved",
    "enhanced",
    "refactored",
    "optimized",
    "unified",
    "production",
    "final",
    "legacy",
    "v2",
}
ALLOWED = {"ENHANCED_UI_GUIDE.md"}
FUNCTION_LINES, FILE_LINES, PARAMETERS = 60, 400, 8
FIELDS, POSITIONAL_VALUES = 4, 3


def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True
    ).stdout
    return [Path(line) for line in listing.splitlines() if (ROOT / line).exists()]


def modules() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in PACKAGES]


def test_no_file_is_named_for_nothing() -> None:
    faults = [
        str(path)
        for path in tracked()
        if path.name not in ALLOWED
        and "vendor" not in path.parts
        and BANNED & {word.lower() for part in path.parts for word in re.split(r"[_.\-\s]+", part)}
    ]
    assert faults == []


def test_files_are_short() -> None:
    assert [str(path) for path in modules() if (ROOT / path).read_text().count("\n") > FILE_LINES] == []


def test_functions_are_short_and_narrow() -> None:
    faults = []
    for path in modules():
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                arguments = node.args
                count = len(arguments.posonlyargs + arguments.args + arguments.kwonlyargs)
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES or count > PARAMETERS:
                    faults.append(f"{path}:{node.lineno} {node.name}: {length} lines, {count} parameters")
    assert faults == []


def test_broad_except_stands_only_at_the_three_borders() -> None:
    faults = []
    for path in modules():
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.ExceptHandler):
                kinds = [node.type] if not isinstance(node.type, ast.Tuple) else node.type.elts
                names = {getattr(kind, "id", getattr(kind, "attr", None)) for kind in kinds}
                if node.type is None or names & {"Exception", "BaseException"}:
                    faults.append(str(path))
    borders = {"web_ui/jobs/worker.py", "web_ui/views/errors.py", "training/models/library_faults.py"}
    assert set(faults) <= borders


def test_records_with_many_fields_are_keyword_only() -> None:
    faults = []
    for path in modules():
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.ClassDef):
                decorators = " ".join(map(ast.unparse, node.decorator_list))
                types = [
                    ast.unparse(part.annotation) for part in node.body if isinstance(part, ast.AnnAssign)
                ]
                num_fields = sum("ClassVar" not in kind for kind in types)
                is_keyword_only = "kw_only=True" in decorators or "KW_ONLY" in types
                if "dataclass" in decorators and num_fields > FIELDS and not is_keyword_only:
                    faults.append(f"{path}:{node.lineno} {node.name}: {num_fields} fields")
    assert faults == []


def foreign_names(tree: ast.Module) -> set[str]:
    """Return the names that a module imports from libraries."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    foreign = [node for node in imports if (node.module or "").partition(".")[0] not in PACKAGES]
    return {alias.asname or alias.name for node in foreign for alias in node.names}


def test_no_call_passes_many_values_by_position() -> None:
    trees = {path: ast.parse((ROOT / path).read_text()) for path in modules()}
    classes = {
        node.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }
    faults = [
        f"{path}:{node.lineno} {ast.unparse(node.func)}: {len(node.args)} values"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).split(".")[-1] in (classes | {"cls"}) - foreign_names(tree)
        and len(node.args) > POSITIONAL_VALUES
    ]
    assert faults == []
