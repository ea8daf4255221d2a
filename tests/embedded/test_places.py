import socket

import pytest

from portal.embedded import places


def test_a_taken_port_makes_way_for_the_next():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        found = places.first_free_port(port)

    assert port < found < port + 100


def test_a_free_port_is_kept():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    assert places.first_free_port(port) == port


def test_no_free_port_says_how_to_name_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(places.Refused, match="Set ACCORD_PORT to a free one"):
            places.first_free_port(taken.getsockname()[1], tries=1)


def test_a_lock_is_held_once_and_can_be_had_again(tmp_path):
    with places.lock(tmp_path / "lock"):
        assert places.lock(tmp_path / "lock") is None

    with places.lock(tmp_path / "lock") as again:
        assert again is not None


def test_a_socket_lies_beside_its_server_unless_the_path_is_too_long(tmp_path):
    near = tmp_path / "near"
    far = tmp_path / ("far" * 40)

    assert places.socket_folder(near, longest_name="s") == near / "run"
    far.mkdir()
    elsewhere = places.socket_folder(far, longest_name="s")

    assert len(str(elsewhere)) < 40
    assert (far / "socket-folder").read_text() == str(elsewhere)
    elsewhere.rmdir()


def test_a_full_disk_is_refused_with_what_is_missing(tmp_path):
    with pytest.raises(places.Refused, match=r"this needs 999999999 MB"):
        places.require_space(tmp_path, megabytes=999_999_999)
