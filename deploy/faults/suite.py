"""The whole suite on one machine as if on many: every part in a network namespace of its own, so that it can be cut off from another,
killed, frozen, given another clock or a full disk. What ends unasked is started again, as a container would be. Needs root.
"""
import base64, os, shutil, signal, subprocess, sys, tempfile, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVICES = ("accounts", "billing", "reporting")
ROLES = ("voltbus_owner", "gateway", "accounts", "billing", "reporting")
HTTP, STATIONS, POSTGRES, REDIS = 8080, 9100, 5432, 6379
# Where the proxy listens.
HTTPS_PORT, OCPP_PORT = 8443, 9001
POSTGRES_PROGRAMS = "/usr/lib/postgresql/15/bin"
# A frame for this neighbour is for nobody.
NOBODY = "02:00:00:00:00:99"
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
DISK_MIB = 1500


def run(*command, **rest):
    return subprocess.run(command, check=True, capture_output=True, text=True, **rest).stdout.strip()


class Part:
    """A program that is kept running."""

    def __init__(self, suite, name, command, environment):
        self.suite, self.name, self.command, self.environment = suite, name, command, environment
        self.process, self.is_wanted, self.starts = None, False, 0

    def start(self):
        self.is_wanted = True
        self.launch()
        threading.Thread(target=self.keep, daemon=True).start()

    def launch(self):
        self.starts += 1
        with open(f"{self.suite.folder}/{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.suite.space(self.name), *self.command], env=self.environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, cwd=ROOT, start_new_session=True)

    def keep(self):
        while True:
            process = self.process
            process.wait()
            if not self.is_wanted:
                return
            time.sleep(1)
            if self.is_wanted and self.process is process:
                self.launch()

    def end(self, patience=60, with_signal=signal.SIGTERM):
        """Told to go, and waited for; killed where it does not go. Seconds that it took."""
        self.is_wanted = False
        began = time.monotonic()
        if self.process and self.process.poll() is None:
            self.process.send_signal(with_signal)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGKILL)
                self.process.wait()
        return time.monotonic() - began

    def signal(self, number):
        """To all its processes: PostgreSQL and the proxy are several."""
        for process in run("ip", "netns", "pids", self.suite.space(self.name)).split():
            try:
                os.kill(int(process), number)
            except ProcessLookupError:
                pass


class Suite:
    """PROGRAMS names the folder of the programs, .build/release where it says nothing."""

    def __init__(self, gateways=1, has_clocks=False, **settings):
        if os.geteuid() != 0:
            sys.exit("error: network namespaces need root; run it with sudo")
        self.programs = os.path.abspath(os.environ.get("PROGRAMS", f"{ROOT}/.build/release"))
        if not os.path.exists(f"{self.programs}/gateway"):
            sys.exit(f"error: {self.programs}/gateway is not there; build it, or name another folder with PROGRAMS")
        # What ends us ends all that we started.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit("error: told to end"))
        self.folder = tempfile.mkdtemp(prefix="voltbus-faults.")
        os.chmod(self.folder, 0o711)
        self.gateways = [f"gateway-{number}" for number in range(1, gateways + 1)]
        self.names = ["postgres", "redis", *SERVICES, "proxy", *self.gateways]
        number = os.getpid() % 65536
        self.mark = f"vb{number:x}"
        self.network = f"10.{100 + number // 256 % 100}.{number % 256}"
        self.addresses = {name: f"{self.network}.{place}" for place, name in enumerate(self.names, 10)}
        self.parts, self.is_mounted = {}, False
        self.make_network()
        self.environment = dict(
            {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}, LANG="C.UTF-8", TZ="UTC", LOG_FORMAT="text",
            REDIS_URL=f"redis://{self.addresses['redis']}:{REDIS}/0", SECRET_KEY=base64.b64encode(os.urandom(33)).decode(),
            HTTP_HOST="0.0.0.0", HTTP_PORT=str(HTTP), OCPP_PORT=str(STATIONS), TRUSTED_PROXIES=f"{self.addresses['proxy']}/32",
            BACKEND_URL=f"https://{self.addresses['proxy']}:{HTTPS_PORT}", ADMIN_EMAIL="admin@faults.example", ADMIN_PASSWORD="Fault-Admin-1",
            RATE_LIMIT_ADDRESS="0", RATE_LIMIT_ACCOUNT="0", RATE_LIMIT_LOGIN_ADDRESS="0", DATABASE_POOL_SIZE="8", LOG_LEVEL="warning",
            **{f"{name}_FOLDER": f"{self.folder}/{name.lower()}" for name in ("STORAGE", "EXPORT", "BACKUP", "OUTBOX")}, **settings)
        self.has_clocks = has_clocks

    # What it is made of.

    def space(self, name):
        return f"{self.mark}-{name}"

    def make_network(self):
        # The bridge has a namespace too: the rules of this machine's firewall, such as Docker's, are not for what passes here.
        wire = self.space("wire")
        run("ip", "netns", "add", wire)
        at_wire = ["ip", "netns", "exec", wire, "ip"]
        run(*at_wire, "link", "add", "name", "wire", "type", "bridge")
        run(*at_wire, "link", "set", "wire", "up")
        run("ip", "link", "add", self.mark, "type", "veth", "peer", "name", "world", "netns", wire)
        run("ip", "addr", "add", f"{self.network}.1/24", "dev", self.mark)
        run("ip", "link", "set", self.mark, "up")
        run(*at_wire, "link", "set", "world", "master", "wire", "up")
        for name in self.names:
            space = self.space(name)
            run("ip", "netns", "add", space)
            run(*at_wire, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", space)
            run(*at_wire, "link", "set", name, "master", "wire", "up")
            inside = ["ip", "netns", "exec", space, "ip"]
            run(*inside, "addr", "add", f"{self.addresses[name]}/24", "dev", "eth0")
            run(*inside, "link", "set", "lo", "up")
            run(*inside, "link", "set", "eth0", "up")

    def shell(self, command):
        subprocess.run(["bash", "-c", f"set -euo pipefail; cd {ROOT}; source deploy/machine.sh; {command}"], check=True)

    def url(self, role):
        return f"postgresql://{role}:voltbus@{self.addresses['postgres']}:{POSTGRES}/voltbus"

    def start(self):
        cluster = f"{self.folder}/postgres"
        os.makedirs(cluster)
        # A disk of its own, that can be filled.
        run("mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "voltbus-faults", cluster)
        self.is_mounted = True
        self.shell(f"chmod 711 {cluster}; make_cluster {cluster}")
        with open(f"{cluster}/data/pg_hba.conf", "a") as rules:
            rules.write(f"host all all {self.network}.0/24 scram-sha-256\n")
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
        self.keep("postgres", [
            *user, f"{POSTGRES_PROGRAMS}/postgres", "-D", f"{cluster}/data", "-p", str(POSTGRES), "-c", "listen_addresses=*",
            "-c", f"unix_socket_directories={cluster}", "-c", "max_connections=200", "-c", "shared_buffers=128MB", "-c", "max_wal_size=256MB",
            "-c", "idle_in_transaction_session_timeout=30s", "-c", "tcp_keepalives_idle=5", "-c", "tcp_keepalives_interval=2",
            "-c", "tcp_user_timeout=15000"])
        os.makedirs(f"{self.folder}/redis")
        self.keep("redis", ["redis-server", "--bind", "0.0.0.0", "--port", str(REDIS), "--protected-mode", "no", "--dir",
                            f"{self.folder}/redis", "--appendonly", "yes", "--save", ""])
        self.until("PostgreSQL answers", lambda: self.psql("postgres", "-c", "SELECT 1"), 60)
        self.psql("postgres", "-c", "CREATE DATABASE voltbus")
        passwords = {f"{name}_DATABASE_PASSWORD": "voltbus" for name in ("MIGRATE", "GATEWAY", "ACCOUNTS", "BILLING", "REPORTING", "BACKUP")}
        self.psql("voltbus", "-f", f"{ROOT}/deploy/postgres/01-roles.sql", "-f", f"{ROOT}/deploy/postgres/02-schemas.sql", **passwords)
        self.migrate()
        for name in (*SERVICES, *self.gateways):
            self.start_service(name)
        for name in (*SERVICES, *self.gateways):
            self.until(f"{name} is ready", lambda name=name: self.is_ready(name), 60)
        proxy = {service.upper(): f"{self.addresses[service]}:{HTTP}" for service in SERVICES}
        proxy["GATEWAY"] = " ".join(f"{self.addresses[name]}:{STATIONS}" for name in self.gateways)
        self.certificate = f"{self.folder}/certificate.pem"
        self.keep("proxy", [f"{ROOT}/deploy/nginx/start", f"{self.folder}/proxy"], dict(
            self.environment, HTTPS_PORT=str(HTTPS_PORT), OCPP_PORT=str(OCPP_PORT), OCPP_TLS_PORT="9000", HTTP_PORT="8088",
            CERTIFICATE=self.certificate, KEY=f"{self.folder}/key.pem", ACCESS_LOG=f"{self.folder}/access.log", ERROR_LOG="stderr",
            CERTIFICATE_NAMES="localhost", **proxy))
        self.until("the proxy answers", lambda: run(
            "curl", "-fsSk", "--max-time", "2", f"https://{self.proxy}:{HTTPS_PORT}/api/health"), 30)

    def migrate(self):
        run("ip", "netns", "exec", self.space("postgres"), f"{self.programs}/migrate", "up", cwd=ROOT,
            env=dict(self.environment, DATABASE_URL=self.url("voltbus_owner")))

    def keep(self, name, command, environment=None):
        self.parts[name] = Part(self, name, command, environment or self.environment)
        self.parts[name].start()

    def start_service(self, name):
        program = name.split("-")[0]
        environment = dict(self.environment, DATABASE_URL=self.url(program))
        if self.has_clocks:
            # libfaketime reads how far to put the clock from this file, again and again.
            self.set_clock(name, 0)
            environment.update(LD_PRELOAD=FAKETIME, FAKETIME_TIMESTAMP_FILE=f"{self.folder}/{name}.clock", FAKETIME_CACHE_DURATION="1",
                               FAKETIME_DONT_FAKE_MONOTONIC="1", NO_FAKE_STAT="1", FAKETIME_DONT_RESET="1")
        self.keep(name, [f"{self.programs}/{program}"], environment)

    def end(self, keep):
        for names in (["proxy"], [*SERVICES, *self.gateways], ["redis"]):
            for name in names:
                if name in self.parts:
                    self.parts[name].end(30)
        if "postgres" in self.parts:
            self.parts["postgres"].end(30, signal.SIGINT)
        for name in self.names:
            for process in subprocess.run(["ip", "netns", "pids", self.space(name)], capture_output=True, text=True).stdout.split():
                os.kill(int(process), signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", self.space(name)], capture_output=True)
        subprocess.run(["ip", "netns", "del", self.space("wire")], capture_output=True)
        if self.is_mounted:
            subprocess.run(["umount", "-l", f"{self.folder}/postgres"], capture_output=True)
        if keep:
            print(f"The logs are kept in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    # Looking at it.

    @property
    def proxy(self):
        return self.addresses["proxy"]

    def psql(self, database, *arguments, **environment):
        # By the socket's file: no cut of the network keeps us from looking.
        return run("psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", f"{self.folder}/postgres", "-p", str(POSTGRES), "-U", "postgres",
                   "-d", database, *arguments, env=dict(os.environ, **environment))

    def ask(self, statement):
        return self.psql("voltbus", "-c", statement)

    def is_ready(self, name):
        # From its own namespace: the same holds.
        answer = subprocess.run(["ip", "netns", "exec", self.space(name), "curl", "-fsS", "--max-time", "2", f"http://127.0.0.1:{HTTP}/ready"],
                                capture_output=True)
        return answer.returncode == 0

    def until(self, what, holds, seconds):
        deadline = time.monotonic() + seconds
        while True:
            try:
                if holds() not in (False, None):
                    return
            except (subprocess.CalledProcessError, OSError):
                pass
            if time.monotonic() > deadline:
                raise RuntimeError(f"not within {seconds} s: {what}")
            time.sleep(0.1)

    def wait_until_ready(self, seconds=90):
        for name in (*SERVICES, *self.gateways):
            self.until(f"{name} is ready", lambda name=name: self.is_ready(name), seconds)

    # Breaking it.

    def redis(self, *command):
        run("ip", "netns", "exec", self.space("redis"), "redis-cli", "-p", str(REDIS), *command)

    def kill(self, name):
        self.parts[name].signal(signal.SIGKILL)

    def renew(self, name):
        """As an update does it: told to go, and begun anew once it has gone. Seconds that it took to go, and to be ready again."""
        went = self.parts[name].end()
        began = time.monotonic()
        self.start_service(name)
        self.until(f"{name} is ready", lambda: self.is_ready(name), 60)
        return went, time.monotonic() - began

    def freeze(self, name):
        self.parts[name].signal(signal.SIGSTOP)

    def thaw(self, name):
        self.parts[name].signal(signal.SIGCONT)

    def cut(self, one, other):
        """Nothing passes between the two, and neither is told: frames go to a neighbour that is not there."""
        for here, there in ((one, other), (other, one)):
            run("ip", "netns", "exec", self.space(here), "ip", "neigh", "replace", self.addresses[there], "lladdr", NOBODY, "nud", "permanent",
                "dev", "eth0")

    def mend(self, one, other):
        for here, there in ((one, other), (other, one)):
            run("ip", "netns", "exec", self.space(here), "ip", "neigh", "del", self.addresses[there], "dev", "eth0")

    def fill_disk(self):
        with open(f"{self.folder}/postgres/filler", "wb", buffering=0) as filler:
            block = bytes(1 << 20)
            try:
                while True:
                    filler.write(block)
            except OSError:
                pass

    def empty_disk(self):
        os.remove(f"{self.folder}/postgres/filler")

    def set_clock(self, name, seconds):
        path = f"{self.folder}/{name}.clock"
        with open(path + ".new", "w") as clock:
            clock.write(f"{seconds:+d}\n")
        os.rename(path + ".new", path)
