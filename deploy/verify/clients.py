"""The apps of deploy/verify/clients: many sockets in one loop, as little of Python between kernel and clock as can be."""

import base64
import hashlib
import json
import os
import select
import socket
import struct
import sys
import time

ACCOUNTS, STATIONS, PROCESS = map(int, sys.argv[1:4])
CLIENTS, EVENTS = int(os.environ.get("CLIENTS", "10000")), int(os.environ.get("EVENTS", "20"))


def memory():
    """Resident kilobytes of accounts."""
    with open(f"/proc/{PROCESS}/status") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1])


def cpu():
    with open(f"/proc/{PROCESS}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def upgrade(port, path, fields, source=None):
    link = socket.create_connection(("127.0.0.1", port), 60, source_address=(source, 0) if source else None)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    link.sendall((f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{fields}\r\n").encode())
    return link


def frame(payload):
    """Masked with zeros, which leave the payload as it is."""
    payload = payload.encode()
    head = bytes([0x81, 0x80 | len(payload)]) if len(payload) < 126 else b"\x81\xfe" + struct.pack(">H", len(payload))
    return head + bytes(4) + payload


class Station:
    """A charge point that says how its connector is."""

    def __init__(self, identity):
        self.link = upgrade(STATIONS, f"/{identity}", "Sec-WebSocket-Protocol: ocpp1.6\r\n")
        self.number = 0
        self.unread = b""
        while b"\r\n\r\n" not in self.unread:
            self.read()
        head, self.unread = self.unread.split(b"\r\n\r\n", 1)
        if b" 101 " not in head:
            sys.exit(head.decode())
        self.call("BootNotification", {"chargePointVendor": "Nobody", "chargePointModel": "Plain"})

    def read(self):
        got = self.link.recv(65536)
        if not got:
            sys.exit("the gateway has closed the station's socket")
        self.unread += got

    def messages(self):
        while len(self.unread) >= 2:
            length, start = self.unread[1] & 127, 2
            if length == 126:
                length, start = int.from_bytes(self.unread[2:4], "big"), 4
            if len(self.unread) < start + length:
                return
            payload, self.unread = self.unread[start:start + length], self.unread[start + length:]
            if payload.startswith(b"["):
                yield json.loads(payload)

    def call(self, action, payload):
        self.number += 1
        mine = f"c{self.number}"
        self.link.sendall(frame(json.dumps([2, mine, action, payload])))
        while True:
            for message in self.messages():
                if message[0] == 2:
                    self.link.sendall(frame(json.dumps([4, message[1], "NotImplemented", "", {}])))
                elif message[1] == mine:
                    return message[2]
            self.read()

    def says(self, status):
        self.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": status})


def connect():
    """All apps, two hundred at a time: what is measured is being there, not coming."""
    loop, apps, waiting = select.epoll(), {}, {}
    began, before = time.monotonic(), cpu()
    for number in range(1, CLIENTS + 1):
        token = hashlib.md5(f"tokenapp{number}".encode()).hexdigest()
        # Half of them from another address: the ports of one do not suffice for many more.
        link = upgrade(ACCOUNTS, "/ws", f"Authorization: Bearer {token}\r\n", "127.0.0.2" if number % 2 else None)
        link.setblocking(False)
        loop.register(link.fileno(), select.EPOLLIN)
        apps[link.fileno()] = (link, number)
        waiting[link.fileno()] = b""
        while len(waiting) > 200 or (number == CLIENTS and waiting):
            ready = loop.poll(30)
            if not ready:
                sys.exit(f"{len(waiting)} apps hear nothing")
            for one, _ in ready:
                if one not in waiting:
                    apps[one][0].recv(65536)
                    continue
                waiting[one] += apps[one][0].recv(65536)
                if b" 101 " not in waiting[one][:40]:
                    sys.exit(waiting[one].decode(errors="replace"))
                # The first word of the server: the socket lives.
                if b"new connection" in waiting[one]:
                    del waiting[one]
    took = time.monotonic() - began
    print(f"{CLIENTS} apps came in {took:.1f} s, {1e6 * (cpu() - before) / CLIENTS:.0f} µs of CPU each", flush=True)
    return loop, apps


def deliver(loop, apps, station, name, wanted, turn):
    """One event until all have it: when each had it, counted from the station's word."""
    status = ["Preparing", "Available"][turn % 2]
    word = f"connector #1: {status}".encode()
    began = time.monotonic()
    station.link.sendall(frame(json.dumps([2, f"e{turn}", "StatusNotification", {
        "connectorId": 1, "errorCode": "NoError", "status": status}])))
    times, told = [], set()
    while len(times) < wanted:
        ready = loop.poll(10)
        if not ready:
            sys.exit(f"{name}: only {len(times)} of {wanted} heard of it")
        now = time.monotonic()
        for one, _ in ready:
            got = apps[one][0].recv(65536)
            if not got:
                sys.exit(f"app {apps[one][1]} was closed")
            if word in got and name.encode() in got and one not in told:
                told.add(one)
                times.append(now - began)
    # Nobody else hears of it.
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        for one, _ in loop.poll(0.1):
            if name.encode() in apps[one][0].recv(65536):
                sys.exit(f"app {apps[one][1]} heard of {name}, or heard of it twice")
    station.unread = b""
    station.link.setblocking(False)
    try:
        station.link.recv(65536)
    except BlockingIOError:
        pass
    station.link.setblocking(True)
    return times, {apps[one][1] for one in told}


def share(times, percent):
    return 1000 * sorted(times)[min(len(times) - 1, len(times) * percent // 100)]


def main():
    square, home = Station("SQUARE"), Station("HOME")
    square.says("Available")
    home.says("Available")
    time.sleep(2)
    empty = memory()
    loop, apps = connect()
    time.sleep(5)
    full = memory()
    print(f"memory of accounts: {empty} kB without, {full} kB with them: {(full - empty) / CLIENTS:.1f} kB each", flush=True)
    before, idle = cpu(), time.monotonic()
    time.sleep(10)
    print(f"idle: {100 * (cpu() - before) / (time.monotonic() - idle):.1f} % of a core", flush=True)
    for station, name, wanted in [(square, "SQUARE", CLIENTS), (home, "HOME", CLIENTS // 10)]:
        every, last = [], []
        before = cpu()
        for turn in range(EVENTS):
            times, told = deliver(loop, apps, station, name, wanted, turn)
            every += times
            last.append(max(times))
            if name == "HOME" and any(number % 10 for number in told):
                sys.exit("somebody without a share heard of HOME")
        each = 1e6 * (cpu() - before) / len(every)
        print(f"an event to {wanted}: p50 {share(every, 50):.0f} ms, p99 {share(every, 99):.0f} ms, "
              f"the last one after {1000 * sum(last) / len(last):.0f} ms, {each:.0f} µs of CPU for each app", flush=True)
        if share(every, 99) > 1000:
            sys.exit("an event is to be there within a second")
    print(f"memory of accounts then: {memory()} kB", flush=True)


main()
