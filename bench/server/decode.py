#!/usr/bin/env python3
"""How long POST decode takes: clients that keep their connections and ask for one code after the other.

    latent explore runs/fashion fashion-mnist --port 8550 &
    bench/server/decode.py --port 8550 --clients 8 --requests 2000

Each client is a process of its own, so that the clients do not wait for each other's Python. Prints one JSON object with
the time at the server, which it says itself in the header Server-Timing, and the time at the client.
"""
import argparse
import http.client
import json
import multiprocessing
import random
import time


def client(port, number, requests, dim, start, queue):
    r = random.Random(number)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    at_server, at_client = [], []
    start.wait()
    for _ in range(requests):
        body = json.dumps({"codes": [[r.gauss(0, 1) for _ in range(dim)]]})
        begin = time.perf_counter()
        connection.request("POST", "/api/v1/decode?as=png", body)
        answer = connection.getresponse()
        answer.read()
        at_client.append(1000 * (time.perf_counter() - begin))
        if answer.status != 200:
            raise SystemExit(f"status {answer.status}")
        at_server.append(float(answer.getheader("Server-Timing").split("dur=")[1]))
    queue.put((at_server, at_client))


def figures(values):
    values = sorted(values)
    return {name: round(values[min(len(values) - 1, int(share * len(values)))], 3)
            for name, share in (("median_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99), ("max_ms", 1.0))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--requests", type=int, default=1000)
    options = parser.parse_args()
    connection = http.client.HTTPConnection("127.0.0.1", options.port, timeout=60)
    connection.request("GET", "/api/v1/info")
    dim = json.loads(connection.getresponse().read())["run"]["latent_dim"]
    connection.close()
    start, queue = multiprocessing.Event(), multiprocessing.Queue()
    processes = [multiprocessing.Process(target=client, args=(options.port, i, options.requests, dim, start, queue))
                 for i in range(options.clients)]
    for process in processes:
        process.start()
    time.sleep(1)
    begin = time.perf_counter()
    start.set()
    results = [queue.get() for _ in processes]
    seconds = time.perf_counter() - begin
    for process in processes:
        process.join()
    server = [t for one in results for t in one[0]]
    print(json.dumps({"clients": options.clients, "requests": len(server), "per_second": round(len(server) / seconds),
                      "at_server": figures(server), "at_client": figures([t for one in results for t in one[1]])}))


if __name__ == "__main__":
    main()
