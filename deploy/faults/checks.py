"""What must hold after a fault, asked of the database and of what the charge points remember; and apps that go on asking meanwhile."""
import collections, http.client, json, ssl, threading, time

from fleet import PRICE_PER_HOUR
from suite import HTTPS_PORT


class Api:
    """The API as an app uses it: through the proxy, with TLS."""

    def __init__(self, suite):
        self.host, self.context = suite.proxy, ssl._create_unverified_context()
        self.token = None

    def call(self, method, path, body=None, patience=30):
        connection = http.client.HTTPSConnection(self.host, HTTPS_PORT, timeout=patience, context=self.context)
        try:
            headers = {"Content-Type": "application/json"}
            if self.token:
                headers["Authorization"] = f"Bearer {self.token}"
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def log_in(self, suite):
        status, body = self.call("POST", "/api/v1/token/", {
            "email": suite.environment["ADMIN_EMAIL"], "password": suite.environment["ADMIN_PASSWORD"]})
        if status != 200:
            raise ConnectionError(f"no log-in: {status} {body!r}")
        self.token = json.loads(body)["access"]
        return self


class Ledger:
    def __init__(self, suite):
        self.suite = suite

    def top_up(self, stations):
        api = Api(self.suite).log_in(self.suite)
        for user in self.suite.ask("SELECT id FROM accounts.account WHERE payment_plan = 'faults' ORDER BY id").split():
            status, body = api.call("POST", "/api/v1/transactions/", {
                "user_id": int(user), "amount": 1_000_000, "type": "TopUp", "description": "cash"})
            assert status == 201, body


class Apps:
    """Asks accounts, billing and reporting through the proxy, twice a second each, while a fault lasts and a little longer."""

    PATHS = ("/api/v1/users/me", "/api/v1/payment-plans", "/api/v1/report/month?from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z")

    def __init__(self, suite):
        self.suite, self.api = suite, Api(suite).log_in(suite)
        self.is_over, self.threads, self.statuses, self.strange = False, [], collections.Counter(), {}

    def begin(self):
        self.threads = [threading.Thread(target=self.ask, args=(path,), daemon=True) for path in self.PATHS]
        for thread in self.threads:
            thread.start()

    def ask(self, path):
        while not self.is_over:
            try:
                status, body = self.api.call("GET", path, patience=10)
                # A log-in does not outlive a clock that jumps.
                if status == 401 and self.suite.has_clocks:
                    self.api.log_in(self.suite)
                # A part that is away is said plainly; anything else is a fault of ours.
                elif status not in (200, 503, 504):
                    self.strange[path, status] = f"GET {path}: {status} {body[:200]!r}"
            except (OSError, http.client.HTTPException):
                status = "nobody"
            self.statuses[status] += 1
            time.sleep(0.5)

    def end(self):
        self.is_over = True
        for thread in self.threads:
            thread.join(15)
        # All is well again: everybody answers.
        if self.suite.has_clocks:
            self.api.log_in(self.suite)
        for path in self.PATHS if self.threads else ():
            status, body = self.api.call("GET", path)
            if status != 200:
                self.strange[path, "afterwards"] = f"afterwards GET {path}: {status} {body[:200]!r}"
        return self

    def __str__(self):
        return ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items(), key=str))


class Truth:
    """The last session of every charge point, as it knows it, beside what the database says."""

    def __init__(self, suite, boxes, clock):
        self.suite, self.boxes, self.clock = suite, [box for box in boxes if box.charges and box.charge.number], clock
        self.numbers = {box.charge.number: box for box in self.boxes}
        self.readings = sum(len(box.charge.acknowledged) for box in self.boxes)
        self.lost = 0

    def rows(self, statement):
        return [line.split("|") for line in self.suite.ask(statement).splitlines()]

    @property
    def these(self):
        return ",".join(str(number) for number in self.numbers) or "0"

    def wait_until_settled(self, seconds):
        """Seconds until billing had closed them all as the gateway last told them."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            open_ones = self.suite.ask(
                f"SELECT count(*) FROM gateway.session AS session LEFT JOIN billing.settled_session AS settled USING (session_id)"
                f" WHERE session.session_id IN ({self.these}) AND (NOT session.is_finished OR settled.session_id IS NULL"
                f" OR settled.amendment < session.amendment)")
            if open_ones == "0":
                break
            time.sleep(0.1)
        return time.monotonic() - began

    def wrong(self):
        return [*self.wrong_sessions(), *self.wrong_readings(), *self.wrong_bills(), *self.wrong_books(), *self.wrong_stations()]

    def wrong_sessions(self):
        told = sum(len(box.charges) for box in self.boxes)
        found = int(self.suite.ask("SELECT count(*) FROM gateway.session WHERE starts_with(charge_point_id, 'FAULT-') AND NOT is_refused"))
        if found != told:
            yield f"there are {found} sessions of {told} that were begun"
        rows = self.rows(f"SELECT session_id, charge_point_id, energy_wh, is_finished FROM gateway.session WHERE session_id IN ({self.these})")
        if len(rows) != len(self.boxes):
            yield f"{len(rows)} sessions of {len(self.boxes)} are there"
        for number, point, energy, is_finished in rows:
            box = self.numbers[int(number)]
            if point != box.identity or int(energy) != box.charge.energy or is_finished != "t":
                yield f"session {number} of {point} has {energy} Wh, not {box.charge.energy} of {box.identity}; finished: {is_finished}"

    def wrong_readings(self):
        stored = collections.Counter(
            (int(number), int(float(at)), int(register)) for number, at, register in self.rows(
                "SELECT session_id, extract(epoch FROM taken_at) * 1000, register_wh FROM gateway.meter_reading"
                f" WHERE session_id IN ({self.these}) AND context = 1"))
        if self.clock < 0:
            # What is far ahead of the gateway's clock gets the time of its receipt: known again by its register alone.
            stored = collections.Counter((number, 0, register) for (number, _, register), _ in stored.items())
        for box in self.boxes:
            for at, register in box.charge.acknowledged:
                found = stored[box.charge.number, 0 if self.clock < 0 else at, register]
                if found == 0:
                    self.lost += 1
                if found > 1:
                    yield f"session {box.charge.number} has the reading {register} {found} times"
        if self.lost:
            yield f"{self.lost} acknowledged readings are not there"

    def wrong_bills(self):
        rows = self.rows(
            "SELECT settled.session_id, settled.cost, (SELECT coalesce(sum(-amount), 0) FROM billing.ledger_entry"
            " WHERE charging_id = settled.session_id), (SELECT count(*) FROM billing.ledger_entry WHERE charging_id = settled.session_id"
            f" AND type = 'Payment') FROM billing.settled_session AS settled WHERE session_id IN ({self.these})")
        if len(rows) != len(self.boxes):
            yield f"{len(rows)} sessions of {len(self.boxes)} are settled"
        for number, cost, booked, payments in rows:
            charge = self.numbers[int(number)].charge
            right = [charge.price]
            if self.clock < 0:
                # Its end was told for an hour that the gateway had not reached: of the minutes less may be left, of the energy nothing is lost.
                right = range(charge.energy_price, charge.price + 1, PRICE_PER_HOUR // 60)
            if int(cost) not in right or booked != cost:
                yield f"session {number} cost {cost} and {booked} was booked for {charge.energy} Wh; right is {charge.price}"
            # A sweep that an hour ahead makes too early is corrected by a second entry; nothing else is.
            if int(cost) > 0 and payments != "1" and not self.clock:
                yield f"session {number} was paid {payments} times"

    def wrong_books(self):
        sums = self.suite.ask("SELECT coalesce(sum(amount), 0) FROM billing.posting")
        if sums != "0":
            yield f"the postings add up to {sums}"
        strange = self.suite.ask(
            "SELECT count(*) FROM billing.balance AS balance WHERE amount <> (SELECT coalesce(sum(amount), 0) FROM billing.ledger_entry"
            " WHERE user_id = balance.user_id AND funding = 'balance')")
        if strange != "0":
            yield f"{strange} balances are not the sum of their entries"
        for service in ("gateway", "accounts", "billing", "reporting"):
            parked = self.suite.ask(f"SELECT count(*) FROM {service}.event_parked")
            if parked != "0":
                yield f"{service} set {parked} events aside"

    def wrong_stations(self):
        refused = [box for box in self.boxes if box.refusals]
        if refused:
            yield f"{len(refused)} charge points were refused something: {refused[0].refusals[0]}"
            for box in refused:
                box.refusals = []
        busy = self.suite.ask("SELECT count(*) FROM gateway.session WHERE starts_with(charge_point_id, 'FAULT-') AND NOT is_finished")
        if busy != "0":
            yield f"{busy} charge points are still busy"
