"""The laws of the house: who may import whom, and how large things may grow.

Each law is a function that names the faults of a tree; one test holds it over the
project, another shows on a tree made for it that the law can be broken.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What every room may import.
BASE = ("addresses", "errors", "limits", "types")
# A room may import what stands left of it.
LINE = (
    "capture",
    "columns",
    "hidden",
    "signatures",
    "streams",
    "dissector",
    "correlate",
    "config",
    "enrich",
    "schema",
    "sinks",
    "hunt",
)
# These know all rooms.
TOP = (
    "interrupts",
    "resuming",
    "reloading",
    "pipeline",
    "outputs",
    "lasting",
    "doctor",
    "reading",
    "options",
    "live",
    "cli",
    "__main__",
)
# Makes captures for detectors, ours among them, so it knows none of our rooms.
APART = "fixtures"
APART_IMPORTS = ("errors", "limits", APART)
# One file each, told apart by what they make; tests hold all of them at once.
UNMIRRORED = "sensor/fixtures/scenarios/"
# The one decoder that needs what the standard library has not.
AES = ("decoders/quic_keys.py", "cryptography")
# Rooms that move bytes about without knowing what they say.
BLIND = ("addresses", "errors", "limits", "capture", "columns")

FILE_LINES = 400
FUNCTION_LINES = 60

PLACES = ("/" + "work/", "../" + "shared")
HOSTS = ("pypi" + ".org", "python" + "hosted.", "npmjs" + ".org", "debian" + ".org")
TEXTS = ("", ".py", ".md", ".toml", ".json", ".sh", ".kql", ".mjs", ".js", ".cfg")
NOT_OURS = ("node_modules", "build", "dist", "__pycache__")


def sources(root: Path, *packages: str) -> Iterator[tuple[str, ast.Module]]:
    """Give the path in *root* and the syntax tree of every module of *packages*."""
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            yield name, ast.parse(path.read_text("utf-8"))


def imports(tree: ast.Module) -> Iterator[str]:
    """Give the full name of everything that is imported, wherever it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path: str) -> str:
    return path.split("/")[1].removesuffix(".py")


def allowed(room: str) -> set[str]:
    """Return the rooms that *room* may import, itself among them."""
    if room in TOP:
        return {*BASE, *LINE, *TOP, APART}
    if room == APART:
        return set(APART_IMPORTS)
    if room in BASE:
        return set(BASE)
    return {*BASE, *LINE[: LINE.index(room) + 1]}


def wrong_imports(root: Path) -> Iterator[str]:
    """Name imports of a room that does not stand left of the importing one."""
    for path, tree in sources(root, "sensor"):
        room = room_of(path)
        if room not in {*BASE, *LINE, *TOP, APART, "__init__"}:
            yield f"{path}: {room} has no place in the line"
            continue
        for name in imports(tree):
            package, _, rest = name.partition(".")
            if package == "sensor" and rest.split(".")[0] not in allowed(room):
                yield f"{path} imports {name}"
            if package == "decoders" and room in (*BLIND, APART):
                yield f"{path} imports {name}"


def decoders_that_lean(root: Path) -> Iterator[str]:
    """Name imports in decoders of anything but the standard library and decoders."""
    fine = {*sys.stdlib_module_names, "decoders"}
    for path, tree in sources(root, "decoders"):
        for name in imports(tree):
            top = name.partition(".")[0]
            if top not in fine and (path, top) != AES:
                yield f"{path} imports {name}"


def long_files(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*.py")):
        lines = len(path.read_text("utf-8").splitlines())
        if lines > FILE_LINES and not set(path.parts) & {*NOT_OURS, ".venv"}:
            yield f"{path.relative_to(root)}: {lines} lines"


def long_functions(root: Path) -> Iterator[str]:
    for path, tree in sources(root, "sensor", "decoders", "scripts"):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield f"{path}: {node.name} has {lines} lines"


def careless_handlers(root: Path) -> Iterator[str]:
    """Name handlers that catch everything, or that do nothing."""
    for path, tree in sources(root, "sensor", "decoders", "scripts"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = {n.id for n in ast.walk(node.type or node) if type(n) is ast.Name}
            if node.type is None or caught & {"Exception", "BaseException"}:
                yield f"{path}:{node.lineno}: catches everything"
            if any(isinstance(line, ast.Pass) for line in node.body):
                yield f"{path}:{node.lineno}: passes over an error"


def asserts_in_decoders(root: Path) -> Iterator[str]:
    """Name asserts in decoders: what a peer sent may be anything."""
    for path, tree in sources(root, "decoders"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert):
                yield f"{path}:{node.lineno}: asserts"


def unmirrored(root: Path) -> Iterator[str]:
    """Name modules without a test file of their name, and test files without one."""
    modules = {
        path
        for path, _ in sources(root, "sensor", "decoders")
        if not path.endswith(("/__init__.py", "/__main__.py"))
        and not path.startswith(UNMIRRORED)
    }
    tests = {path for path, _ in sources(root, "tests/sensor", "tests/decoders")}
    wanted = {mirror_of(module) for module in modules}
    yield from (f"{path} is missing" for path in sorted(wanted - tests))
    yield from (f"{path} tests no module" for path in sorted(tests - wanted))


def mirror_of(module: str) -> str:
    folder, _, name = module.rpartition("/")
    return f"tests/{folder}/test_{name}"


def foreign_places(root: Path) -> Iterator[str]:
    """Name texts that tell of a place outside the project, or of a registry."""
    for path in texts(root):
        name = path.relative_to(root).as_posix()
        told = path.read_text("utf-8", errors="replace")
        for word in (*PLACES, *HOSTS):
            # The one pointer out: where the real captures lie, if they are there.
            if word in told and (name, word) != (".ci/run", PLACES[1]):
                yield f"{name}: {word}"


def texts(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in parts)
        if hidden or set(parts) & set(NOT_OURS):
            continue
        if path.is_file() and path.suffix in TEXTS:
            yield path


# With what multiprocessing calls the main module.
OURS = {"sensor", "decoders", "__mp_main__"}

LAWS: list[Callable[[Path], Iterator[str]]] = [
    wrong_imports,
    decoders_that_lean,
    long_files,
    long_functions,
    careless_handlers,
    asserts_in_decoders,
    unmirrored,
    foreign_places,
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_project_keeps_the_law(law: Callable[[Path], Iterator[str]]) -> None:
    assert list(law(ROOT)) == []


@pytest.mark.parametrize(
    ("law", "path", "text", "fault"),
    [
        (
            wrong_imports,
            "sensor/capture/x.py",
            "def f():\n    from sensor.streams import y",
            "sensor/capture/x.py imports sensor.streams.y",
        ),
        (
            wrong_imports,
            "sensor/limits.py",
            "from sensor import capture",
            "sensor/limits.py imports sensor.capture",
        ),
        (
            wrong_imports,
            "sensor/columns/x.py",
            "from decoders import smb2",
            "sensor/columns/x.py imports decoders.smb2",
        ),
        (
            wrong_imports,
            "sensor/fixtures/x.py",
            "from decoders import smb2",
            "sensor/fixtures/x.py imports decoders.smb2",
        ),
        (
            wrong_imports,
            "sensor/schema/x.py",
            "from sensor.fixtures import model",
            "sensor/schema/x.py imports sensor.fixtures.model",
        ),
        (
            wrong_imports,
            "sensor/attic.py",
            "",
            "sensor/attic.py: attic has no place in the line",
        ),
        (
            decoders_that_lean,
            "decoders/x.py",
            "import struct, numpy",
            "decoders/x.py imports numpy",
        ),
        (
            decoders_that_lean,
            "decoders/x.py",
            "from sensor import limits",
            "decoders/x.py imports sensor.limits",
        ),
        (long_files, "sensor/x.py", "\n" * 401, "sensor/x.py: 401 lines"),
        (
            long_functions,
            "scripts/x.py",
            "def f():\n" + " 0\n" * 60,
            "scripts/x.py: f has 61 lines",
        ),
        (
            careless_handlers,
            "sensor/x.py",
            "try: 0\nexcept (ValueError, Exception): 1",
            "sensor/x.py:2: catches everything",
        ),
        (
            careless_handlers,
            "sensor/x.py",
            "try: 0\nexcept: 1",
            "sensor/x.py:2: catches everything",
        ),
        (
            careless_handlers,
            "decoders/x.py",
            "try: 0\nexcept ValueError: pass",
            "decoders/x.py:2: passes over an error",
        ),
        (
            asserts_in_decoders,
            "decoders/x.py",
            "assert 1",
            "decoders/x.py:1: asserts",
        ),
        (
            unmirrored,
            "sensor/capture/x.py",
            "",
            "tests/sensor/capture/test_x.py is missing",
        ),
        (
            unmirrored,
            "tests/decoders/test_x.py",
            "",
            "tests/decoders/test_x.py tests no module",
        ),
        (foreign_places, "README.md", f"see {PLACES[1]}", f"README.md: {PLACES[1]}"),
        (foreign_places, "scripts/x", f"curl {HOSTS[0]}", f"scripts/x: {HOSTS[0]}"),
        (foreign_places, ".ci/run", f"cd {PLACES[0]}", f".ci/run: {PLACES[0]}"),
    ],
)
def test_the_law_can_be_broken(
    law: Callable[[Path], Iterator[str]],
    path: str,
    text: str,
    fault: str,
    tmp_path: Path,
) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text)

    assert list(law(tmp_path)) == [fault]


def libraries_of(module: str, root: Path) -> set[str]:
    """Return the outside packages that a fresh Python has after importing *module*."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules);"
        f"import {module};"
        "print(*{m.partition('.')[0] for m in set(sys.modules) - before})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split()) - sys.stdlib_module_names - OURS


@pytest.mark.parametrize(
    "module", ["sensor.pipeline", "sensor.reading", "sensor.live.watching"]
)
def test_the_core_imports_numpy_only(module: str) -> None:
    assert libraries_of(module, ROOT) == {"numpy"}


def test_a_heavy_core_is_noticed(tmp_path: Path) -> None:
    package = tmp_path / "heavy"
    package.mkdir()
    (package / "__init__.py").write_text("import hypothesis")

    assert "hypothesis" in libraries_of("heavy", tmp_path)
