from __future__ import annotations

from pathlib import Path

import pytest

from sensor.enrich.geo import GeoInfo, open_geo
from sensor.errors import NetsigError
from tests.support.hunting import mmdb

US = GeoInfo(country="United States", code="US")


@pytest.mark.parametrize(
    ("ip", "known"),
    [
        ("8.8.8.8", US),
        ("2001:4860:4860::8888", US),
        ("::ffff:8.8.8.8", US),
        ("81.2.69.144", GeoInfo(country="United Kingdom", code="GB")),
        ("10.0.0.1", None),
        ("127.0.0.1", None),
        ("100.64.0.1", None),
        ("169.254.1.1", None),
        ("192.0.2.1", None),
        ("224.0.0.1", None),
        ("255.255.255.255", None),
        ("::1", None),
        ("fe80::1", None),
        ("fd00::1", None),
        ("2001:db8::1", None),
        ("", None),
        ("8.8.8", None),
        ("8.8.8.8/24", None),
        ("nonsense", None),
    ],
)
def test_the_table_at_hand_knows_public_countries(
    ip: str, known: GeoInfo | None
) -> None:
    assert open_geo().lookup(ip) == known


@pytest.mark.parametrize(
    ("record", "known"),
    [
        (
            {
                "country": {"iso_code": "AU", "names": {"en": "Australia", "fr": "x"}},
                "subdivisions": [{"names": {"en": "New South Wales"}}],
                "city": {"names": {"en": "Sydney"}},
                "location": {"latitude": -33.5, "longitude": 151.25},
            },
            GeoInfo("Australia", "AU", "New South Wales", "Sydney", -33.5, 151.25),
        ),
        ({"country": {"iso_code": "SE"}}, GeoInfo("Sweden", "SE")),
        ({"country_code": "TR"}, GeoInfo("Türkiye", "TR")),
        ({"country_code": "XX"}, GeoInfo(None, "XX")),
        (
            {"country": "US", "country_name": "United States", "region": "Ohio"},
            GeoInfo("United States", "US", "Ohio"),
        ),
        (
            {"country": "Atlantis", "country_code": "AT", "asn": "AS64500"},
            GeoInfo("Atlantis", "AT", asn=64500),
        ),
        (
            {
                "autonomous_system_number": 64500,
                "autonomous_system_organization": "Example",
            },
            GeoInfo(asn=64500, as_name="Example"),
        ),
        ({"asn": 64501, "as_name": "Other"}, GeoInfo(asn=64501, as_name="Other")),
        ({"country": 7, "city": [], "asn": "x"}, None),
        ({"subdivisions": [], "location": "x"}, None),
    ],
)
def test_records_of_any_usual_shape_are_read(
    tmp_path: Path, record: dict[str, object], known: GeoInfo | None
) -> None:
    path = mmdb(tmp_path / "own.mmdb", {"203.0.113.0/24": record})
    assert open_geo(path).lookup("203.0.113.1") == known


def test_a_given_table_outranks_the_one_at_hand(tmp_path: Path) -> None:
    path = mmdb(tmp_path / "own.mmdb", {"8.8.8.0/24": {"country": "Atlantis"}})
    geo = open_geo(path)
    assert geo.lookup("8.8.8.8") == GeoInfo(country="Atlantis")
    assert geo.lookup("8.8.4.4") == US


def test_a_table_of_networks_keeps_the_countries(tmp_path: Path) -> None:
    path = mmdb(tmp_path / "asn.mmdb", {"8.8.8.0/24": {"asn": "AS15169"}})
    assert open_geo(path).lookup("8.8.8.8") == GeoInfo(
        country="United States", code="US", asn=15169
    )


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_a_bad_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NetsigError, match=r"bad\.mmdb: not a MaxMind DB"):
        open_geo(str(path))


def test_a_directory_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(NetsigError, match="not a MaxMind DB"):
        open_geo(str(tmp_path))
