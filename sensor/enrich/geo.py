"""Where an address is: a table that comes along, and one the user may have.

Out of the box geoip2fast answers, with MaxMind's GeoLite2 country table of the day it
was released. A MaxMind DB file is asked first; what it does not know is still looked up
in the table that comes along, so an ASN file alone does not lose the countries.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sensor.errors import NetsigError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# the first one there is serves; the second has no IPv6
_BUNDLED: Final = ("geoip2fast-ipv6.dat.gz", "geoip2fast.dat.gz")


@dataclass(frozen=True, slots=True)
class GeoInfo:
    """What is known of an address's place; None is unknown."""

    country: str | None = None
    "English name as MaxMind and Kusto write it: `United States`."
    code: str | None = None
    "ISO 3166-1 alpha-2."
    state: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    asn: int | None = None
    as_name: str | None = None


Find = Callable[[Address], GeoInfo | None]


@dataclass(frozen=True, slots=True)
class Geo:
    """Tables of places, asked in order."""

    finds: tuple[Find, ...]

    def lookup(self, ip: str) -> GeoInfo | None:
        """Return what is known of *ip*; None for nothing, or for what is no address.

        An IPv4-mapped IPv6 address is looked up as IPv4.
        """
        address = _address(ip)
        if address is None:
            return None
        known = GeoInfo()
        for find in self.finds:
            known = _completed(known, find(address))
            if known.country:
                break
        return known if known != GeoInfo() else None


def open_geo(mmdb_path: str | None = None) -> Geo:
    """Open the MaxMind DB file *mmdb_path*, if given, before the table at hand.

    Raises NetsigError for a file that is missing or no MaxMind DB.
    """
    find, names = _bundled()
    if mmdb_path is None:
        return Geo((find,))
    return Geo((_open_mmdb(mmdb_path, names), find))


def _address(ip: str) -> Address | None:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address


def _completed(known: GeoInfo, more: GeoInfo | None) -> GeoInfo:
    """Return *more* with the network of *known*, whose place is unknown."""
    if more is None:
        return known
    if known.asn is None:
        return more
    return replace(more, asn=known.asn, as_name=known.as_name)


def _bundled() -> tuple[Find, Mapping[str, str]]:
    """Load geoip2fast's table: the lookup, and country names by code."""
    import geoip2fast
    from geoip2fast import geoip2fast as module

    home = Path(geoip2fast.__file__).parent
    files = [home / name for name in _BUNDLED if (home / name).is_file()]
    if not files:
        raise NetsigError(f"{home}: holds none of {', '.join(_BUNDLED)}")
    table = geoip2fast.GeoIP2Fast(geoip2fast_data_file=str(files[0]))

    def find(address: Address) -> GeoInfo | None:
        # geoip2fast takes IPv6 addresses below 2**32 for IPv4 ones
        if address.version == 6 and int(address) < 1 << 32:
            return None
        answer = table.lookup(str(address))
        if answer.is_private or not answer.country_code.isalpha():
            return None
        return GeoInfo(country=answer.country_name, code=answer.country_code)

    return find, _country_names(module.geoipCountryNamesDict)


def _country_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return *names* without those of reserved networks, whose codes are digits."""
    return {code: name for code, name in names.items() if code.isalpha()}


def _open_mmdb(path: str, names: Mapping[str, str]) -> Find:
    import maxminddb

    try:
        reader = maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise NetsigError(
            f"{path}: not a MaxMind DB that can be read: {error}"
        ) from error
    only_ipv4 = reader.metadata().ip_version == 4

    def find(address: Address) -> GeoInfo | None:
        if address.version == 6 and only_ipv4:
            return None
        try:
            record = reader.get(address)
        except maxminddb.InvalidDatabaseError as error:
            raise NetsigError(f"{path}: damaged: {error}") from error
        return read_record(record, names) if isinstance(record, dict) else None

    return find


def read_record(record: Mapping[str, object], names: Mapping[str, str]) -> GeoInfo:
    """Return what a MaxMind DB *record* says, in GeoLite2's shape or a flat one.

    GeoLite2: `country.iso_code`, `country.names.en`, `subdivisions`, `city`,
    `location`, `autonomous_system_number`. Flat: `country_code`, `country` (a name or a
    code), `country_name`, `region`, `city`, `asn` (15169 or "AS15169"), `as_name`.
    *names* gives the English name of a code where the record has only that.
    """
    country, code = _country(record, names)
    return GeoInfo(
        country=country,
        code=code,
        state=_state(record),
        city=_name(record.get("city")),
        latitude=_number(_inner(record, "location", "latitude")),
        longitude=_number(_inner(record, "location", "longitude")),
        asn=_asn(record),
        as_name=_first_text(
            record, "autonomous_system_organization", "as_name", "as_domain"
        ),
    )


def _country(
    record: Mapping[str, object], names: Mapping[str, str]
) -> tuple[str | None, str | None]:
    country = record.get("country")
    if isinstance(country, dict):
        code = _text(country.get("iso_code"))
        return _name(country) or names.get(code or ""), code
    code = _first_text(record, "country_code")
    name = _first_text(record, "country_name")
    flat = _text(country)
    if flat and len(flat) == 2 and flat.isupper():
        code = code or flat
    else:
        name = name or flat
    return name or names.get(code or ""), code


def _state(record: Mapping[str, object]) -> str | None:
    subdivisions = record.get("subdivisions")
    if isinstance(subdivisions, list) and subdivisions:
        return _name(subdivisions[0])
    return _first_text(record, "region", "state", "state1")


def _asn(record: Mapping[str, object]) -> int | None:
    value = record.get("autonomous_system_number", record.get("asn"))
    if isinstance(value, str) and value.removeprefix("AS").isdecimal():
        return int(value.removeprefix("AS"))
    return value if isinstance(value, int) else None


def _name(value: object) -> str | None:
    """Return the English name in *value*: its `names.en`, or the text itself."""
    if isinstance(value, dict):
        return _text(_inner(value, "names", "en"))
    return _text(value)


def _inner(record: Mapping[str, object], key: str, inner: str) -> object:
    value = record.get(key)
    return value.get(inner) if isinstance(value, dict) else None


def _first_text(record: Mapping[str, object], *keys: str) -> str | None:
    return next((text for key in keys if (text := _text(record.get(key)))), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
