#!/usr/bin/env python3
"""Load for `latent explore`: many clients at once, a tenth of them broken, with the standard library alone.

    latent explore runs/fashion fashion-mnist --port 8550 &
    bench/server/load.py --port 8550 --pid $! --clients 64 --seconds 60

Good clients ask for codes, samples, pictures and decoded places over connections that they keep. Broken ones send half a
head, half a body, nonsense, far too much, or nothing; they read slowly, or reset the connection. Prints one JSON object:
requests, failures and latencies of the good clients, and the server's memory before and after. Status 1 if a good
request failed, or memory grew by more than --most-growth MB after the first third.
"""
import argparse
import http.client
import json
import random
import socket
import struct
import sys
import threading
import time


def resident_mb(pid):
    if not pid:
        return None
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return None


class Good(threading.Thread):
    def __init__(self, options, number, end, facts):
        super().__init__(daemon=True)
        self.options, self.end, self.facts = options, end, facts
        self.random = random.Random(number)
        self.times, self.failures = [], []

    def request(self, connection):
        facts, r = self.facts, self.random
        dim = facts["dim"]
        kind = r.randrange(6)
        if kind == 0:
            code = [[r.gauss(0, 1) for _ in range(dim)]]
            return "POST", "decode?as=npy", json.dumps({"codes": code})
        if kind == 1:
            return "GET", f"maps/{facts['map']}/decode?x={r.gauss(0, 1)}&y={r.gauss(0, 1)}", None
        if kind == 2:
            return "GET", f"samples/{r.randrange(facts['samples'])}", None
        if kind == 3:
            return "GET", f"samples/{r.randrange(facts['samples'])}/item?k=5", None
        if kind == 4:
            return "POST", "sample", json.dumps({"count": 4, "seed": r.randrange(1000)})
        return "GET", "info", None

    def run(self):
        connection = None
        while time.time() < self.end:
            method, path, body = self.request(connection)
            start = time.perf_counter()
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.options.port, timeout=30)
                connection.request(method, "/api/v1/" + path, body, {"Content-Type": "application/json"} if body else {})
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.failures.append(f"{method} {path}: {answer.status}")
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{method} {path}: {error!r}")
                connection = None
            self.times.append(time.perf_counter() - start)
            if self.random.random() < 0.02 and connection:  # some come and go
                connection.close()
                connection = None
            time.sleep(self.options.pause * self.random.random())


class Broken(threading.Thread):
    def __init__(self, options, number, end):
        super().__init__(daemon=True)
        self.options, self.end, self.random = options, end, random.Random(number)
        self.count = 0

    def run(self):
        ways = [self.half_head, self.half_body, self.nonsense, self.too_large, self.silent, self.slow_head,
                self.slow_reader, self.reset]
        while time.time() < self.end:
            way = self.random.choice(ways)
            try:
                with socket.create_connection(("127.0.0.1", self.options.port), timeout=5) as s:
                    way(s)
            except OSError:
                pass
            self.count += 1

    def wait(self, most):
        time.sleep(min(self.random.random() * most, max(0.0, self.end - time.time())))

    def half_head(self, s):
        s.sendall(b"GET /api/v1/info HTTP/1.1\r\nHost: local")
        self.wait(2)

    def half_body(self, s):
        s.sendall(b"POST /api/v1/decode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{")
        self.wait(2)

    def nonsense(self, s):
        s.sendall(self.random.randbytes(500) + b"\r\n\r\n")
        s.recv(1000)

    def too_large(self, s):
        s.sendall(b"POST /api/v1/decode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000000000\r\n\r\n" + b"x" * 100000)
        s.recv(1000)

    def silent(self, s):
        self.wait(3)

    def slow_head(self, s):
        for byte in b"GET /api/v1/info HTTP/1.1\r\nHost: localhost\r\nX: ":
            s.sendall(bytes([byte]))
            time.sleep(0.05)
            if time.time() > self.end:
                return

    def slow_reader(self, s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(b"GET /api/v1/codes HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _ in range(10):
            s.recv(100)
            time.sleep(0.2)
            if time.time() > self.end:
                return

    def reset(self, s):
        s.sendall(b"GET /api/v1/codes HTTP/1.1\r\nHost: localhost\r\n\r\n")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def ask(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, "/api/v1/" + path, body)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        sys.exit(f"{method} {path}: {answer.status} {text[:200]!r}")
    return json.loads(text)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, help="of the server, whose memory is watched")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--broken", type=float, default=0.1, help="share of the clients")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pause", type=float, default=0.2, help="seconds at most between requests of a client")
    parser.add_argument("--most-growth", type=float, default=32, help="MB of memory after the first third")
    options = parser.parse_args()

    info = ask(options.port, "GET", "info")
    facts = {"dim": info["run"]["latent_dim"], "samples": info["data"]["samples"],
             "map": ask(options.port, "POST", "maps", json.dumps({"method": "pca"}))["id"]}
    before = resident_mb(options.pid)
    end = time.time() + options.seconds
    broken = [Broken(options, i, end) for i in range(max(1, round(options.clients * options.broken)))]
    good = [Good(options, 1000 + i, end, facts) for i in range(options.clients - len(broken))]
    for client in good + broken:
        client.start()
    memory = []
    while time.time() < end:
        time.sleep(min(1.0, max(0.0, end - time.time())))
        memory.append(resident_mb(options.pid))
    for client in good + broken:
        client.join(60)
    times = [t for client in good for t in client.times]
    failures = [f for client in good for f in client.failures]
    result = {"clients": len(good), "broken_clients": len(broken), "seconds": options.seconds, "requests": len(times),
              "broken_requests": sum(c.count for c in broken), "failures": len(failures), "first_failures": failures[:5],
              "median_ms": round(1000 * percentile(times, 0.5), 2), "p99_ms": round(1000 * percentile(times, 0.99), 2)}
    grew = 0.0
    if options.pid:
        settled = memory[len(memory) // 3] or 0.0
        grew = (memory[-1] or 0.0) - settled
        result.update({"memory_before_mb": round(before, 1), "memory_settled_mb": round(settled, 1),
                       "memory_after_mb": round(memory[-1] or 0.0, 1)})
    print(json.dumps(result))
    sys.exit(1 if failures or grew > options.most_growth else 0)


if __name__ == "__main__":
    main()
