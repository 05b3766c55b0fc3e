"""What `frames`, `storm` and `ledger` stand on: one service with a PostgreSQL and a Redis of its own."""
import base64, os, shutil, socket, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class GatewayAlone:
    """PROGRAMS names the folder of the programs, .build/release where it says nothing."""
    program = "gateway"

    def __init__(self, **settings):
        self.programs = os.environ.get("PROGRAMS", f"{ROOT}/.build/release")
        if not os.path.exists(f"{self.programs}/{self.program}"):
            sys.exit(f"error: {self.programs}/{self.program} is not there; build it, or name another folder with PROGRAMS")
        self.folder = tempfile.mkdtemp(prefix="voltbus-gateway.")
        os.chmod(self.folder, 0o711)
        self.postgres, self.redis, self.port = free_port(), free_port(), free_port()
        self.start_postgres()
        self.shell(f"start_redis {self.folder}/redis {self.redis}")
        passwords = {f"{name}_DATABASE_PASSWORD": "voltbus" for name in ("MIGRATE", "GATEWAY", "ACCOUNTS", "BILLING", "REPORTING", "BACKUP")}
        self.psql("postgres", "-c", "CREATE DATABASE voltbus")
        self.psql("voltbus", "-f", f"{ROOT}/deploy/postgres/01-roles.sql", "-f", f"{ROOT}/deploy/postgres/02-schemas.sql", **passwords)
        subprocess.run([f"{self.programs}/migrate", "up"], check=True, stdout=subprocess.DEVNULL, cwd=ROOT,
                       env=dict(os.environ, DATABASE_URL=self.url("voltbus_owner")))
        self.environment = dict(
            os.environ, DATABASE_URL=self.url(self.program), REDIS_URL=f"redis://127.0.0.1:{self.redis}/0",
            SECRET_KEY=base64.b64encode(os.urandom(33)).decode(), HTTP_HOST="127.0.0.1", HTTP_PORT=str(free_port()),
            OCPP_PORT=str(self.port), LOG_LEVEL="warning", **settings)
        self.process = None

    def start_postgres(self):
        self.shell(f"start_postgres {self.folder}/postgres {self.postgres} -c max_connections=100 -c shared_buffers=256MB")

    def shell(self, command):
        subprocess.run(["bash", "-c", f"set -euo pipefail; cd {ROOT}; source deploy/machine.sh; {command}"], check=True)

    def url(self, role):
        return f"postgresql://{role}:voltbus@/voltbus?host={self.folder}/postgres&port={self.postgres}"

    def psql(self, database, *arguments, **environment):
        return subprocess.run(
            ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", f"{self.folder}/postgres", "-p", str(self.postgres), "-U", "postgres",
             "-d", database, *arguments], check=True, capture_output=True, text=True, env=dict(os.environ, **environment)).stdout.strip()

    def ask(self, statement):
        return self.psql("voltbus", "-c", statement)

    def enter_stations(self, count):
        self.psql("voltbus", "-v", f"stations={count}", "-f", f"{ROOT}/Tests/Bench/stations.sql")

    def start(self):
        self.log = open(f"{self.folder}/{self.program}.log", "ab")
        self.process = subprocess.Popen([f"{self.programs}/{self.program}"], env=self.environment, stdout=self.log, stderr=self.log, cwd=ROOT)
        deadline = time.time() + 60
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                if time.time() > deadline or self.process.poll() is not None:
                    sys.exit(f"error: {self.program} does not start, see {self.folder}/{self.program}.log")
                time.sleep(0.05)

    def stop(self, kill=False):
        self.process.kill() if kill else self.process.terminate()
        return self.process.wait(60)

    @property
    def is_alive(self):
        return self.process.poll() is None

    @property
    def megabytes(self):
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1048576

    def end(self, keep):
        if self.process and self.is_alive:
            self.stop()
        self.shell(f"stop_redis {self.redis}; stop_postgres {self.folder}/postgres")
        if keep:
            print(f"The logs are kept in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
