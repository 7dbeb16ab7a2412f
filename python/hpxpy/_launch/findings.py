"""What is to be mended of what `hpxpy doctor` was told: most urgent first.

Each finding names the hosts and says what would do. `doctor` calls `findings`; pure.
"""

# SPDX-License-Identifier: BSL-1.0
from collections import Counter

#: Between hosts: a message takes longer, or fewer bytes a second arrive, than in a slow Ethernet.
SLOW_LATENCY, SLOW_BANDWIDTH = 1e-3, 50e6
#: Seconds by which clocks of hosts may differ.
SKEW = 1.0
#: What a locality wants of /dev/shm where it has neighbours, and of memory.
SHARED_MEMORY, MEMORY = 32 << 20, 256 << 20


def listed(words):
    *others, last = list(dict.fromkeys(map(str, words)))
    return f"{', '.join(others)} and {last}" if others else last


def size_of(bytes_):
    for unit, size in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if bytes_ >= size:
            return f"{bytes_ / size:.3g} {unit}"
    return f"{bytes_} B"


def duration(seconds):
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} us"


def finding(kind, hosts, text):
    return {"kind": kind, "hosts": list(dict.fromkeys(hosts)), "text": text}


def first_of_hosts(told):
    """One locality of each host."""
    return list({one["host"]: one for one in reversed(told)}.values())[::-1]


def differing(values):
    """(the usual value, the hosts with another one and their values) of {host: value}."""
    usual = Counter(map(str, values.values())).most_common(1)[0][0]
    usual = next(value for value in values.values() if str(value) == usual)
    return usual, {host: value for host, value in values.items() if value != usual}


def names(told, wanted):
    for one in first_of_hosts(told):
        lost = [name for name in wanted if one["names"].get(name) is None]
        if lost:
            yield finding(
                "name",
                [one["host"], *lost],
                f"{one['host']} does not know the name {listed(lost)}: enter it in DNS or in "
                f"/etc/hosts of {one['host']}",
            )


def versions(told):
    hosts = first_of_hosts(told)
    for name in hosts[0]["versions"]:
        found = {one["host"]: one["versions"][name] for one in hosts}
        usual, others = differing(found)
        for host, value in others.items():
            known = next(one["host"] for one in hosts if one["versions"][name] == usual)
            yield finding(
                "version",
                [host, known],
                f"{host} has {f'{name} {value}' if value else f'no {name}'}, and {known} "
                f"{f'{name} {usual}' if usual else 'has none'}: install the same on all hosts",
            )
    found = {one["host"]: one["fingerprint"] for one in hosts}
    equal = len({one["versions"]["hpxpy"] for one in hosts}) == 1
    usual, others = differing(found)
    if equal and others:
        yield finding(
            "version",
            others,
            f"the files of hpxpy on {listed(others)} are not those of the other hosts, though the "
            "version is: install the same build on all hosts",
        )


def folders(told):
    found = {one["host"]: one["folder"] for one in first_of_hosts(told)}
    usual, others = differing(found)
    for host, folder in others.items():
        yield finding(
            "folder",
            [host],
            f"localities on {host} start in {folder} instead of {usual}: make that folder there, "
            "or give --cwd",
        )


def ports(told, closed, taken):
    by_id = {one["id"]: one["host"] for one in told}
    known = set()
    for from_, to, port, why in closed:
        pair = by_id[from_], by_id[to], port
        if pair not in known:
            known.add(pair)
            yield finding(
                "port",
                pair[:2],
                f"{pair[0]} cannot reach {pair[1]} at port {port} ({why}): open it in the firewall "
                f"of {pair[1]}, or give --port-range and --interface",
            )
    for id_, numbers in taken.items():
        if numbers:
            yield finding(
                "port",
                [by_id[id_]],
                f"port {listed(numbers)} of {by_id[id_]} is taken: give another --port-range",
            )


def room(told):
    for one in first_of_hosts(told):
        host, count = one["host"], sum(other["host"] == one["host"] for other in told)
        shm = one["/dev/shm"]
        if count > 1 and (shm is None or shm["free"] < SHARED_MEMORY * count):
            has = f"{size_of(shm['free'])} free" if shm else "no /dev/shm"
            yield finding(
                "/dev/shm",
                [host],
                f"{host} has {has}{' in /dev/shm' if shm else ''} for {count} localities: give "
                "its container --shm-size=1g, or remove files there",
            )
        available = one["memory"]["available"]
        if available < MEMORY * count:
            yield finding(
                "memory",
                [host],
                f"{host} has {size_of(available)} of memory left for {count} localities: start "
                "fewer there, or end what uses it",
            )


def crowding(told):
    for one in first_of_hosts(told):
        host, cpus = one["host"], one["cpus"]
        count = sum(other["host"] == host for other in told)
        if count > cpus:
            yield finding(
                "oversubscription",
                [host],
                f"{host} has {cpus} CPU{'s' if cpus > 1 else ''} for {count} localities: start "
                f"at most {cpus} there",
            )
        elif one["load"] > 1.5 * cpus:
            yield finding(
                "load",
                [host],
                f"{host} is busy: load {one['load']:.1f} on {cpus} CPUs; end what runs there",
            )


def links(told, pairs):
    by_id = {one["id"]: one["host"] for one in told}
    for (from_, to), found in pairs.items():
        hosts = by_id[from_], by_id[to]
        if hosts[0] == hosts[1] or "why" in found:
            continue
        slow = []
        if found["least"] > SLOW_LATENCY:
            slow.append(f"a message takes {duration(found['latency'])}")
        if found["bandwidth"] < SLOW_BANDWIDTH:
            slow.append(f"{found['bandwidth'] / 1e6:.3g} MB arrive a second")
        if slow:
            yield finding(
                "link",
                hosts,
                f"the link from {hosts[0]} to {hosts[1]} ({found['address']}) is slow: "
                f"{listed(slow)}; look at its cable and duplex, or choose another --interface",
            )


def clocks(told, skews):
    for one in first_of_hosts(told):
        skew = skews.get(one["id"], 0.0)
        if abs(skew) > SKEW:
            way = "ahead" if skew > 0 else "behind"
            yield finding(
                "clock",
                [one["host"]],
                f"the clock of {one['host']} is {abs(skew):.1f} s {way}: let it follow NTP",
            )


def findings(told, wanted, closed, taken, pairs, skews):
    """All that is to be mended, in order.

    `told` are the facts of each locality, `wanted` the hosts' names, `closed` the ports that cannot
    be reached (from, to, port, why), `taken` {locality: ports}, `pairs` what was measured from one
    locality to another, and `skews` {locality: seconds ahead of this clock}.
    """
    if not told:
        return []
    return [
        *names(told, wanted),
        *versions(told),
        *folders(told),
        *ports(told, closed, taken),
        *room(told),
        *crowding(told),
        *links(told, pairs),
        *clocks(told, skews),
    ]
