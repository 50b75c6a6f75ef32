"""Names of codes, against the standards' own tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket import nt_errors

from decoders.names import STATUSES
from decoders.ntlmssp import AvPair, Version
from sensor.correlate import words

# MS-ERREF 2.3.1; newer or rarer than impacket's table.
BEYOND_IMPACKET = {
    0xC000_035C: "STATUS_NETWORK_SESSION_EXPIRED",
    0xC000_0413: "STATUS_AUTHENTICATION_FIREWALL_FAILED",
    0xC000_0418: "STATUS_NTLM_BLOCKED",
    0xC05D_0000: "STATUS_SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP",
}


@pytest.mark.parametrize("code", sorted(STATUSES))
def test_a_status_is_named_as_microsoft_names_it(code: int) -> None:
    if code in nt_errors.ERROR_MESSAGES:
        assert words.status(code) == nt_errors.ERROR_MESSAGES[code][0]
    else:
        assert words.status(code) == BEYOND_IMPACKET[code]


def test_a_status_nobody_named_is_its_number() -> None:
    assert words.status(0xC000_1234) == "0xC0001234"


def test_a_dos_error_never_gets_an_nt_name() -> None:
    assert words.status(0x0000_0103, is_nt=False) == "0x00000103"
    assert words.status(0, is_nt=False) == "STATUS_SUCCESS"


@pytest.mark.parametrize(
    ("enabled", "required", "word"),
    [
        (False, False, "disabled"),
        (True, False, "enabled"),
        (False, True, "required"),
        (True, True, "required"),
    ],
)
def test_signing(enabled: bool, required: bool, word: str) -> None:
    assert words.signing(enabled, required) == word


def test_a_version_is_written_as_windows_does() -> None:
    assert words.os_version(Version(10, 0, 22621, 15)) == "10.0.22621"
    assert words.os_version(None) is None


def test_av_pairs_by_name() -> None:
    pairs = (
        AvPair(1, "FS01"),
        AvPair(6, 2),
        AvPair(7, 116_444_736_000_000_001),
        AvPair(9, "cifs/fs01"),
        AvPair(10, None),
        AvPair(1, "second"),
        AvPair(0x77, "new"),
    )
    assert words.target_info(pairs) == {
        "NbComputerName": "FS01",
        "Flags": "0x00000002",
        "Timestamp": "1970-01-01T00:00:00.0000001Z",
        "TargetName": "cifs/fs01",
        "0x0077": "new",
    }


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (0, "1601-01-01T00:00:00.0000000Z"),
        (1, "1601-01-01T00:00:00.0000001Z"),
        (2_650_467_743_999_999_999, "9999-12-31T23:59:59.9999999Z"),
        (2_650_467_744_000_000_000, "0x24C85A5ED1C04000"),
        (2**64 - 1, "0xFFFFFFFFFFFFFFFF"),
    ],
)
def test_the_borders_of_a_filetime(ticks: int, text: str) -> None:
    assert words.filetime(ticks) == text


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)))
def test_a_filetime_is_the_moment_it_was_made_of(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    ticks = (int(moment.timestamp()) + 11_644_473_600) * 10_000_000 + 1_234_567

    assert words.filetime(ticks) == moment.strftime("%Y-%m-%dT%H:%M:%S") + ".1234567Z"
