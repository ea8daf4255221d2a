import pytest

from portal.core.public_addresses import AddressRefused, find_target

PUBLIC, PUBLIC6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

# What a name may resolve to, and what nobody may reach.
PRIVATE_TEXT = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.1.2.3 169.254.0.1
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1
192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255
240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
::ffff:93.184.215.14 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::a00:1 100::1
2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
2002:7f00:1:: 2002:a00:1:: 2002:a9fe:a9fe:: 3fff::1 5f00::1 fc00::1 fd00::1 fd00:ec2::254 fe80::1
fe80::1%eth0 fec0::1 ff02::1 ff0e::1
"""
PRIVATE = PRIVATE_TEXT.split()

# Spellings that the system's resolver turns into loopback or private addresses.
SPELLED_TEXT = """
http://127.0.0.1/ https://127.0.0.1/ https://127.1/ https://0177.0.0.1/ https://0x7f.0.0.1/
https://0x7f000001/ https://2130706433/ https://017700000001/ https://0/ https://0.0.0.0/
https://[::1]/ https://[::ffff:7f00:1]/ https://[::]/ https://localhost/ https://10.0.0.1/
https://[fe80::1]/ https://169.254.169.254/latest/meta-data/ https://3232235521/
"""
SPELLED = SPELLED_TEXT.split()

MALFORMED = [
    *("ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "//example.org/", ""),
    *(
        "https://",
        "https:///x",
        "https://example.org:99999/",
        "https://[::1/",
        "javascript:alert(1)",
    ),
    *("https://user@example.org/", "https://user:pass@example.org/", "https://example.org/a b"),
    *("https://example.org/\r\nX: y", "https://example.org:25/", "https://example.org:22/"),
    *("https://example.org/für", "https://example.org/?q=é", "https://bücher.example/"),
]


def resolver(*addresses):
    return lambda host, port: list(addresses)


to_public = resolver(PUBLIC)


def refuse(url, resolve=to_public, *, allow_loopback=False):
    with pytest.raises(AddressRefused):
        find_target(url, allow_loopback=allow_loopback, resolver=resolve)


def test_there_are_enough_of_them():
    assert len(PRIVATE) + len(SPELLED) + len(MALFORMED) >= 60


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_to_a_private_address_is_refused(address):
    refuse("https://hooks.example.org/", resolver(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_one_private_address_among_public_ones_refuses_all(address):
    refuse("https://hooks.example.org/", resolver(PUBLIC, address))
    refuse("https://hooks.example.org/", resolver(address, PUBLIC6))


@pytest.mark.parametrize("url", SPELLED)
def test_no_spelling_of_a_private_address_passes(url):
    with pytest.raises(AddressRefused):
        find_target(url, allow_loopback=False)


@pytest.mark.parametrize("url", MALFORMED)
def test_an_address_that_is_none_is_refused(url):
    refuse(url)


def test_plain_http_is_refused_outside_of_this_machine():
    refuse("http://hooks.example.org/")
    refuse("http://hooks.example.org/", allow_loopback=True)


def test_loopback_is_allowed_where_the_setting_says_so_and_nothing_else_is():
    assert find_target("http://127.0.0.1:9000/h", allow_loopback=True).port == 9000
    refuse("http://10.0.0.1:9000/", resolver("10.0.0.1"), allow_loopback=True)
    refuse("https://mixed.example.org/", resolver("127.0.0.1", "10.0.0.1"), allow_loopback=True)


def test_a_public_name_gives_the_checked_address_to_connect_to():
    target = find_target(
        "https://hooks.example.org/in?x=1", allow_loopback=False, resolver=resolver(PUBLIC, PUBLIC6)
    )

    assert (target.address, target.host, target.port) == (PUBLIC, "hooks.example.org", 443)
    assert target.path == "/in?x=1"


def test_a_name_that_does_not_resolve_is_refused():
    def fail(host, port):
        raise OSError("no such host")

    refuse("https://nowhere.invalid/", fail)
    refuse("https://nowhere.invalid/", resolver())
