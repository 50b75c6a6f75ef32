"""The README tells all there is, and nothing that is not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from sensor.cli import app
from sensor.config import Settings
from sensor.correlate.events import NAMES
from sensor.hunt import QUERIES

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/live.md",
)


def commands(group: Any, before: str = "") -> dict[str, Any]:
    """Return every command by its words, those of groups behind the group's."""
    found = {}
    for name, command in group.commands.items():
        words = f"{before}{name}"
        inner = getattr(command, "commands", None)
        found |= commands(command, f"{words} ") if inner else {words: command}
    return found


COMMANDS = commands(typer.main.get_command(app))
OPTIONS = {
    words: {
        opt
        for param in command.params
        for opt in (*param.opts, *param.secondary_opts)
        if opt[0] == "-"
    }
    for words, command in COMMANDS.items()
}


def counter_families() -> set[str]:
    """Return the part before the dot of every counter that sensor adds to."""
    texts = [path.read_text("utf-8") for path in (ROOT / "sensor").rglob("*.py")]
    return {name for text in texts for name in re.findall(r'add\(\s*f?"(\w+)\.', text)}


def shell_lines(text: str) -> list[list[str]]:
    """Return the words of each command in the shell blocks of *text*."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines()]
    return [shlex.split(line.split("|")[0], comments=True) for line in lines]


def told(word: str) -> bool:
    return re.search(rf"[`\s/]{re.escape(word)}[`\s\"]", README) is not None


@pytest.mark.parametrize(
    "word",
    sorted(
        {word for words in OPTIONS for word in words.split()}
        | {opt for opts in OPTIONS.values() for opt in opts}
    ),
)
def test_readme_tells_every_command_and_option(word: str) -> None:
    assert told(word)


def test_every_command_and_option_says_what_it_is_for() -> None:
    for command in COMMANDS.values():
        assert command.help
        assert all(getattr(param, "help", None) for param in command.params)


@pytest.mark.parametrize("name", [query.name for query in QUERIES])
def test_readme_tells_every_query(name: str) -> None:
    assert told(name)


@pytest.mark.parametrize("name", NAMES.values())
def test_readme_tells_every_signature(name: str) -> None:
    assert told(name)


@pytest.mark.parametrize("name", Settings.__dataclass_fields__)
def test_readme_tells_every_setting(name: str) -> None:
    assert re.search(rf"^(\[{name}\]|{name} = )", README, re.MULTILINE)


def test_readme_tells_every_family_of_counters() -> None:
    families = counter_families()

    assert families
    assert {name for name in families if f"`{name}.*`" not in README} == set()


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_the_docs_exist(page: str) -> None:
    for words in shell_lines((ROOT / page).read_text("utf-8")):
        name, *rest = words
        if Path(name).name == "netsig":
            known = OPTIONS.get(" ".join(rest[:2])) or OPTIONS.get(rest[0], set())
            assert {word for word in rest[1:] if word[0] == "-"} <= known
        else:
            assert (ROOT / name).is_file(), name


@pytest.mark.parametrize("page", PAGES)
def test_links_between_the_docs_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^):]+)\)", (ROOT / page).read_text("utf-8"))

    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_docs_tell_every_script() -> None:
    docs = "".join((ROOT / page).read_text("utf-8") for page in PAGES)
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if path.is_file()}
    commands = {name for name in scripts if "." not in name}

    assert {name for name in commands if not re.search(rf"[`/]{name}\b", docs)} == set()
