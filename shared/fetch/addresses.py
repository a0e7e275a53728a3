"""Which IP addresses a worker may fetch audio from: public unicast ones.

The networks are listed here rather than taken from ``ipaddress.is_global``, whose answers differ
between Python releases and which lets multicast, 6to4 and NAT64 through. Source: IANA's
special-purpose address registries for IPv4 and IPv6 (RFC 6890).
"""

from __future__ import annotations

import socket
from ipaddress import ip_address, ip_network

REFUSED = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # unspecified, "this network", RFC 1122
            "10.0.0.0/8",  # private, RFC 1918
            "100.64.0.0/10",  # carrier-grade NAT, RFC 6598; Alibaba's metadata service
            "127.0.0.0/8",  # loopback, RFC 1122
            "168.63.129.16/32",  # Azure's platform service, a public address inside each network
            "169.254.0.0/16",  # link-local, RFC 3927; metadata service of most clouds
            "172.16.0.0/12",  # private, RFC 1918
            "192.0.0.0/24",  # protocol assignments, RFC 6890; Oracle's metadata service
            "192.0.2.0/24",  # documentation, RFC 5737
            "192.31.196.0/24",  # AS112, RFC 7535
            "192.52.193.0/24",  # multicast tunnelling, RFC 7450
            "192.88.99.0/24",  # 6to4 relay, RFC 7526
            "192.168.0.0/16",  # private, RFC 1918
            "192.175.48.0/24",  # AS112, RFC 7534
            "198.18.0.0/15",  # benchmarks, RFC 2544
            "198.51.100.0/24",  # documentation, RFC 5737
            "203.0.113.0/24",  # documentation, RFC 5737
            "224.0.0.0/4",  # multicast, RFC 5771
            "240.0.0.0/4",  # reserved, RFC 1112; broadcast, RFC 919
            "::/128",  # unspecified, RFC 4291
            "::1/128",  # loopback, RFC 4291
            "::/96",  # v4-compatible, RFC 4291
            "::ffff:0:0/96",  # v4-mapped, RFC 4291
            "::ffff:0:0:0/96",  # v4-translated, RFC 2765
            "64:ff9b::/96",  # NAT64, RFC 6052
            "64:ff9b:1::/48",  # local-use NAT64, RFC 8215
            "100::/64",  # discard, RFC 6666
            "2001::/23",  # protocol assignments, RFC 2928; Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation, RFC 3849
            "2002::/16",  # 6to4, RFC 3056
            "2620:4f:8000::/48",  # AS112, RFC 7534
            "3fff::/20",  # documentation, RFC 9637
            "5f00::/16",  # segment routing, RFC 9602
            "fc00::/7",  # unique local, RFC 4193; EC2's metadata service
            "fe80::/10",  # link-local, RFC 4291
            "fec0::/10",  # site-local, RFC 3879
            "ff00::/8",  # multicast, RFC 4291
            # Global unicast is 2000::/3 (RFC 4291); the rest is reserved.
            "::/3",
            "4000::/2",
            "8000::/1",
        ),
    )
)


def is_refused(address: str) -> bool:
    """Whether ``address``, the text of an IP address, must not be connected to.

    Raises:
        ValueError: the text is no IP address.
    """
    parsed = ip_address(address)
    return any(parsed in network for network in REFUSED)


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of ``host``, in its order of preference, without repeats.

    Raises:
        OSError: the name cannot be resolved.
        UnicodeError: the name cannot be asked for (an empty or overlong label).
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
