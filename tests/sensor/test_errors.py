"""What a user reads when something cannot be used: what, where and why."""

from __future__ import annotations

import pytest

from sensor.errors import CaptureError, ConfigError, NetsigError, QueryError


def test_a_capture_error_names_file_offset_and_reason() -> None:
    error = CaptureError("a.pcap", 24, "record of 3 GB")

    assert str(error) == "a.pcap: offset 24: record of 3 GB"
    assert (error.file, error.offset, error.reason) == ("a.pcap", 24, "record of 3 GB")


def test_a_config_error_names_file_key_and_reason() -> None:
    error = ConfigError("n.toml", "sample", "'x' is not one of a, b")

    assert str(error) == "n.toml: sample: 'x' is not one of a, b"
    assert (error.file, error.key) == ("n.toml", "sample")


@pytest.mark.parametrize("kind", [CaptureError, ConfigError, QueryError])
def test_all_are_errors_the_command_line_tells(kind: type[Exception]) -> None:
    assert issubclass(kind, NetsigError)
