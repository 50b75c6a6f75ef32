from __future__ import annotations

from pathlib import Path

import pytest

from sensor.addresses import LocalNetworks
from sensor.config import Files, Settings, load
from sensor.errors import ConfigError


def written(folder: Path, text: str) -> str:
    file = folder / "netsig.toml"
    file.write_text(text)
    return str(file)


def test_no_file_is_needed() -> None:
    assert load() == Settings(
        local_networks=LocalNetworks(),
        devices={},
        profile="hunting",
        orientation="device",
        sample="truthful",
        proxies=frozenset(),
        metrics=None,
        files=Files(rotate_mb=100, rotate_hours=24, keep_mb=10_000, keep_days=90),
    )


def test_everything_in_a_file(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        local_networks = ["10.0.0.0/8", "2001:db8::/32"]
        profile = "faithful"
        orientation = "packet"
        sample = "verbatim"
        proxies = ["10.0.0.9", "2001:DB8::0:9"]
        [devices]
        "10.0.0.5" = "ws05.corp.example"
        "2001:DB8::0:5" = "ws05.corp.example"
        [files]
        rotate_mb = 0.5
        keep_days = 7
        """,
    )

    assert load(file) == Settings(
        local_networks=LocalNetworks(("10.0.0.0/8", "2001:db8::/32")),
        devices={"10.0.0.5": "ws05.corp.example", "2001:db8::5": "ws05.corp.example"},
        profile="faithful",
        orientation="packet",
        sample="verbatim",
        proxies=frozenset({"10.0.0.9", "2001:db8::9"}),
        files=Files(rotate_mb=0.5, keep_days=7),
    )


def test_what_is_given_on_the_spot_outranks_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, 'profile = "faithful"\nsample = "verbatim"')

    settings = load(file, {"profile": "hunting"})

    assert (settings.profile, settings.sample) == ("hunting", "verbatim")


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (
            "profil = 1",
            "profil",
            "unknown key; allowed are local_networks, devices, profile, orientation, "
            "sample, proxies, metrics, files",
        ),
        ("proxies = 1", "proxies", "1 is not a list of IP addresses"),
        ('proxies = ["px"]', "proxies", "'px' does not appear to be an IP"),
        ("metrics = 0", "metrics", "0 is not a port, or an IP address and a port"),
        ("metrics = 65536", "metrics", "65536 is not a port"),
        ('metrics = "localhost:9464"', "metrics", "'localhost' does not appear to be"),
        ('metrics = "127.0.0.1"', "metrics", "'127.0.0.1' is not a port, or"),
        ("files = 1", "files", "1 is not a table of sizes and times"),
        (
            "[files]\nrotate = 1",
            "files",
            "unknown key 'rotate'; allowed are rotate_mb, rotate_hours, keep_mb, "
            "keep_days",
        ),
        ("[files]\nkeep_mb = 0", "files", "keep_mb: 0 is not a number above 0"),
        ("[files]\nkeep_mb = true", "files", "keep_mb: True is not a number above"),
        ("[files]\nkeep_days = inf", "files", "keep_days: inf is not a number"),
        ('[files]\nkeep_mb = "1"', "files", "keep_mb: '1' is not a number above 0"),
        ('profile = "mde"', "profile", "'mde' is not one of hunting, faithful"),
        ("orientation = 1", "orientation", "1 is not one of device, packet"),
        ("sample = []", "sample", "[] is not one of truthful, verbatim"),
        ('local_networks = "::/0"', "local_networks", "'::/0' is not a list of"),
        ('local_networks = ["10.0.0.1/8"]', "local_networks", "host bits set"),
        ("local_networks = [10]", "local_networks", "'10' does not appear to be"),
        ("devices = []", "devices", "[] is not a table of names by IP address"),
        ('[devices]\nws05 = "x"', "devices", "'ws05' does not appear to be an IP"),
        ('[devices]\n"10.0.0.5" = ""', "devices", "'' is not a device name"),
        ("\n  profile = x", "TOML", "line 2"),
    ],
)
def test_errors_name_file_and_key(
    tmp_path: Path, text: str, key: str, reason: str
) -> None:
    file = written(tmp_path, text)

    with pytest.raises(ConfigError) as told:
        load(file)

    assert (told.value.file, told.value.key) == (file, key)
    assert reason in told.value.reason
    assert str(told.value).startswith(f"{file}: {key}: ")


def test_missing_file() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: file: No such file"):
        load("nowhere.toml")


def test_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff")

    with pytest.raises(ConfigError, match="TOML: 'utf-8' codec"):
        load(str(tmp_path / "x"))


def test_error_in_what_was_given_names_the_command_line() -> None:
    with pytest.raises(ConfigError, match="command line: local_networks: 'lan'"):
        load(given={"local_networks": ["lan"]})


def test_files_are_told_in_the_units_of_computers() -> None:
    files = Files(rotate_mb=0.5, rotate_hours=2, keep_mb=3, keep_days=4)

    assert files.rotate_bytes == 500_000
    assert files.rotate_seconds == 7200
    assert files.keep_bytes == 3_000_000
    assert files.keep_seconds == 345_600


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (9464, ("127.0.0.1", 9464)),
        ("9464", ("127.0.0.1", 9464)),
        (":9464", ("127.0.0.1", 9464)),
        ("0.0.0.0:1", ("0.0.0.0", 1)),
        ("[::1]:65535", ("::1", 65535)),
    ],
)
def test_metrics_are_served_on_loopback_if_not_told_otherwise(
    given: object, where: tuple[str, int]
) -> None:
    assert load(given={"metrics": given}).metrics == where
