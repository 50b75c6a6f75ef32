from __future__ import annotations

from pathlib import Path

from sensor.hunt import hunt
from tests.support.hunting import event, mmdb, write


def test_the_function_answers_with_what_is_known(tmp_path: Path) -> None:
    sydney = {
        "country": {"iso_code": "AU", "names": {"en": "Australia", "de": "Australien"}},
        "subdivisions": [{"names": {"en": "New South Wales"}}],
        "city": {"names": {"en": "Sydney"}},
        "location": {"latitude": -33.5, "longitude": 151.25},
        "autonomous_system_number": 64500,
    }
    geo = mmdb(tmp_path / "geo.mmdb", {"203.0.113.0/24": sydney})
    addresses = ("203.0.113.1", "198.51.100.1", "10.0.0.1", "", None)
    rows = [event(RemoteIP=ip) for ip in addresses]
    folder = write(tmp_path, "DeviceNetworkEvents", rows)

    result = hunt(
        "DeviceNetworkEvents | distinct RemoteIP"
        " | extend g = geo_info_from_ip_address(RemoteIP)"
        " | project RemoteIP, g, tostring(g.country), toreal(g.latitude)",
        [folder],
        geo=geo,
    )

    known = {
        "country": "Australia",
        "state": "New South Wales",
        "city": "Sydney",
        "latitude": -33.5,
        "longitude": 151.25,
    }
    assert sorted(result.rows) == [
        ("", None, "", None),
        ("10.0.0.1", None, "", None),
        ("198.51.100.1", None, "", None),
        ("203.0.113.1", known, "Australia", -33.5),
    ]


def test_other_columns_and_the_querys_own_addresses_have_places(tmp_path: Path) -> None:
    geo = mmdb(tmp_path / "geo.mmdb", {"203.0.113.0/24": {"country": "Atlantis"}})
    folder = write(tmp_path, "DeviceNetworkEvents", [event(LocalIP="203.0.113.9")])

    result = hunt(
        "DeviceNetworkEvents | project"
        " a = tostring(geo_info_from_ip_address(LocalIP).country),"
        " b = tostring(geo_info_from_ip_address('203.0.113.77').country)",
        [folder],
        geo=geo,
    )

    assert result.rows == (("Atlantis", "Atlantis"),)


def test_countries_come_out_of_the_box(tmp_path: Path) -> None:
    rows = [event(RemoteIP="8.8.8.8"), event(RemoteIP="2001:4860:4860::8888")]
    folder = write(tmp_path, "DeviceNetworkEvents", rows)

    result = hunt(
        "DeviceNetworkEvents"
        " | project tostring(geo_info_from_ip_address(RemoteIP).country)",
        [folder],
    )

    assert result.rows == (("United States",), ("United States",))
    assert result.notes == ()
