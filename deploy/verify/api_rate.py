"""The figures of deploy/verify/api_rate: requests a second, latencies, and CPU time by who spent it."""

import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

BASE, OWN = os.environ["VOLTBUS_BASE"], os.environ["VOLTBUS_OWN"]
HOME, PORT = sys.argv[1], sys.argv[2]
EACH = int(os.environ.get("SECONDS_EACH", "10"))
TICK = os.sysconf("SC_CLK_TCK")
SERVER, GENERATOR = "0", str(max(os.sched_getaffinity(0)))
PLAIN = ssl._create_unverified_context()


def call(method, path, body=None, token=None):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(
        BASE + path, json.dumps(body).encode() if body is not None else None, headers, method=method)
    with urllib.request.urlopen(request, context=PLAIN, timeout=60) as answer:
        return json.load(answer)


def size(path, token=None):
    request = urllib.request.Request(OWN + path, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request) as answer:
        return len(answer.read())


def command(process):
    try:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def processes():
    """Who serves: the services by the file that names them, PostgreSQL and Redis by the folder they run in."""
    found = {"accounts": [int(open(f"{HOME}/accounts.process").read())], "PostgreSQL": [], "Redis": []}
    for name in filter(str.isdigit, os.listdir("/proc")):
        line = command(name)
        if "redis-server" in line and HOME in os.path.realpath(f"/proc/{name}/cwd") + line:
            found["Redis"].append(int(name))
        elif "postgres" in line and os.path.realpath(f"/proc/{name}/cwd").startswith(HOME):
            found["PostgreSQL"].append(int(name))
    return found


def spent(ids):
    total = 0
    for process in ids:
        try:
            with open(f"/proc/{process}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / TICK


def pin(ids):
    for process in ids:
        subprocess.run(["taskset", "-apc", SERVER, str(process)], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run(address, clients=64, token=None, script=None):
    line = ["taskset", "-c", GENERATOR, "wrk", "-t1", f"-c{clients}", f"-d{EACH}s", "--timeout", "20s", "--latency"]
    line += ["-H", f"Authorization: Bearer {token}"] if token else []
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        if script:
            file.write(script)
            file.flush()
            line += ["-s", file.name]
        told = subprocess.run(line + [address], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        sys.exit(f"{address}: {told}")
    latency = {share: re.search(rf"^\s+{share}%\s+(\S+)", told, re.M)[1] for share in (50, 99)}
    return max(1, int(re.search(r"(\d+) requests in", told)[1])), float(re.search(r"Requests/sec:\s+(\S+)", told)[1]), latency


def line(name, groups, *asked, **more):
    before = {group: spent(ids) for group, ids in groups.items()}
    count, rate, latency = run(*asked, **more)
    cost = {group: (spent(ids) - before[group]) * 1e6 / count for group, ids in groups.items()}
    costs = ", ".join(f"{group} {value:.0f} µs" for group, value in cost.items() if value >= 0.5)
    print(f"| {name} | {rate:,.0f}/s | {latency[50]} | {latency[99]} | {costs} |".replace(",", " ", 1) if rate >= 1000
          else f"| {name} | {rate:.1f}/s | {latency[50]} | {latency[99]} | {costs} |", flush=True)
    return rate


def main():
    boss = call("POST", "/api/v1/users/authenticate",
                {"username": os.environ["ADMIN_EMAIL"], "password": os.environ["ADMIN_PASSWORD"]})["token"]
    password = "rate-0-Rate"
    call("POST", "/api/v1/users/create", {"username": "rated", "email": "rated@example.org", "password": password, "role": "user"}, boss)
    device = call("POST", "/api/v1/users/authenticate", {"username": "rated", "password": password})["token"]
    access = call("POST", "/api/v1/token", {"email": "rated@example.org", "password": password})["access"]
    for number in range(100):
        call("POST", "/api/v1/charge-points", {
            "title": f"Point {number}", "charge_point_id": f"RATE-{number:03}", "access_type": "public",
            "address": "Long Street 1", "location": {"latitude": 50.0 + number / 1000, "longitude": 14.4},
            "connectors": [{"connector_id": one, "type": "Type2", "power": 22000} for one in (1, 2)]}, boss)
    paths = {"me": "/api/v1/users/me", "chp": "/api/v1/chp"}
    sizes = {"me": size(paths["me"], access), "chp": size(paths["chp"], access)}

    folder = f"{HOME}/static"
    os.makedirs(f"{folder}/files", exist_ok=True)
    os.chmod(HOME, 0o755)
    for name, length in sizes.items():
        with open(f"{folder}/files/{name}", "w") as file:
            file.write("x" * length)
    with open(f"{folder}/nginx.conf", "w") as file:
        file.write(f"""daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; default_type application/json; keepalive_requests 1000000000; open_file_cache max=16; sendfile on;
  server {{ listen 127.0.0.1:{PORT}; root {folder}/files; }} }}""")
    nginx = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"])
    try:
        time.sleep(1)
        workers = [int(one) for one in filter(str.isdigit, os.listdir("/proc"))
                   if open(f"/proc/{one}/stat").read().rsplit(")", 1)[1].split()[1] == str(nginx.pid)]
        groups = processes()
        for ids in [*groups.values(), workers, [nginx.pid]]:
            pin(ids)
        files = f"http://127.0.0.1:{PORT}/"
        print(f"\nEach {EACH} s. The caller is {sizes['me']} bytes, the list {sizes['chp']} bytes.\n")
        print("| request | rate | p50 | p99 | CPU each |\n|---|---|---|---|---|")
        static = line("nginx: a file as large as the caller", {"nginx": workers}, files + "me", token=access)
        me = line("`GET /users/me`, access token", groups, OWN + paths["me"], token=access)
        own = line("`GET /users/me`, device token", groups, OWN + paths["me"], token=device)
        line("nginx: a file as large as the list", {"nginx": workers}, files + "chp", token=access)
        line("`GET /chp`, 100 points, a driver", groups, OWN + paths["chp"], token=access)
        line("`GET /chp`, 100 points, an administrator", groups, OWN + paths["chp"], token=boss)
        line("log-in, 4 at once", groups, OWN + "/api/v1/users/authenticate", clients=4, script=f"""
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{json.dumps({"username": "rated", "password": password})}'
""")
        again = line("nginx: a file as large as the caller", {"nginx": workers}, files + "me", token=access)
        share = min(me, own) / ((static + again) / 2)
        print(f"\n`GET /users/me` has {share:.2f} of nginx's rate.")
    finally:
        nginx.terminate()
        nginx.wait()


main()
