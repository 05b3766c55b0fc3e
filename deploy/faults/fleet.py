"""Charge points that charge while something breaks, and keep account of what they were told: what was acknowledged must be there afterwards."""
import asyncio, json, os, random, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "verify"))
from plain_station import Closed, Station

# Seconds: that an answer is waited for before the station tries by a new connection; before it knocks again.
PATIENCE, PAUSE = 30, (0.2, 2)
PRICE_PER_KWH, PRICE_PER_HOUR = 40, 600


class Charge:
    """One session as its charge point knows it. Times are in milliseconds."""

    def __init__(self, meter):
        self.number, self.first, self.meter = None, meter, meter
        self.began = self.ended = None
        # Readings that were answered: when they were taken, and what the meter said.
        self.acknowledged = []

    @property
    def energy(self):
        return self.meter - self.first

    @property
    def energy_price(self):
        return self.energy * PRICE_PER_KWH // 1000

    @property
    def price(self):
        """By chapter 5.1 of the contract."""
        return self.energy_price + (self.ended - self.began) // 60_000 * PRICE_PER_HOUR // 60


class Wallbox(Station):
    """Says what it has to say until it is answered, over as many connections as that takes."""

    def __init__(self, number, host, port, report=2):
        """`report`: seconds between two readings."""
        super().__init__(f"FAULT-{number:04d}", port, host)
        self.report = report
        self.number, self.meter = number, number * 100_000
        self.charges = []
        self.connections, self.refusals = 0, []
        # Seconds that the slowest message took from its first try to its answer, and the longest time without a connection.
        self.slowest = self.longest_gap = 0.0
        self.lost_at = None

    @property
    def charge(self):
        return self.charges[-1]

    async def say(self, action, payload):
        """Until it is answered. A refusal is written down, and tried again as the specification has it for transactions."""
        began = time.monotonic()
        while True:
            try:
                if self.socket is None:
                    await self.arrive()
                answer = await self.call(action, payload, PATIENCE)
                self.slowest = max(self.slowest, time.monotonic() - began)
                return answer
            except RuntimeError as refusal:
                self.refusals.append(str(refusal)[:200])
                if len(self.refusals) > 20:
                    raise
                await asyncio.sleep(1)
            except (Closed, OSError, TimeoutError, AttributeError):
                self.leave()
                await asyncio.sleep(random.uniform(*PAUSE))

    def leave(self):
        self.lost_at = self.lost_at or time.monotonic()
        if self.socket:
            self.socket.abort()
        self.socket = None

    async def arrive(self):
        await self.connect()
        self.connections += 1
        answer = await self.call("BootNotification", {"chargePointVendor": "Fault", "chargePointModel": "Plain"}, PATIENCE)
        while answer["status"] != "Accepted":
            await asyncio.sleep(answer["interval"])
            answer = await self.call("BootNotification", {"chargePointVendor": "Fault", "chargePointModel": "Plain"}, PATIENCE)
        if self.lost_at:
            self.longest_gap = max(self.longest_gap, time.monotonic() - self.lost_at)
            self.lost_at = None

    async def status(self, word):
        await self.say("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": word, "timestamp": stamp(moment())})

    async def live(self, is_enough, within=3):
        """One session, from its start within so many seconds until it is told that it is enough."""
        await asyncio.sleep(random.uniform(0, within))
        charge = Charge(self.meter)
        self.charges.append(charge)
        await self.status("Preparing")
        charge.began = moment()
        answer = await self.say("StartTransaction", {
            "connectorId": 1, "idTag": f"FAULT{self.number}", "meterStart": charge.first, "timestamp": stamp(charge.began)})
        if answer["idTagInfo"]["status"] != "Accepted":
            raise RuntimeError(f"the start was answered with {answer}")
        charge.number = answer["transactionId"]
        await self.status("Charging")
        while not is_enough():
            charge.meter += random.randint(5, 40)
            at, meter = moment(), charge.meter
            await self.say("MeterValues", {
                "connectorId": 1, "transactionId": charge.number,
                "meterValue": [{"timestamp": stamp(at), "sampledValue": [{"value": str(meter)}]}]})
            charge.acknowledged.append((at, meter))
            await self.listen(random.uniform(self.report * 0.8, self.report * 1.2))
        charge.ended = moment()
        await self.say("StopTransaction", {
            "transactionId": charge.number, "meterStop": charge.meter, "timestamp": stamp(charge.ended), "reason": "Local"})
        self.meter = charge.meter
        await self.status("Available")

    async def listen(self, seconds):
        """Reads on meanwhile, since the gateway may ask something; comes back at once where the connection goes."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(left):
                    message = await self.socket.receive()
                if message.startswith(b"[2,"):
                    self.obey(json.loads(message))
            except TimeoutError:
                return
            except (Closed, OSError):
                self.leave()
                await asyncio.sleep(random.uniform(*PAUSE))
                await self.say("Heartbeat", {})


def moment():
    return time.time_ns() // 1_000_000


def stamp(milliseconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000)) + f".{milliseconds % 1000:03d}Z"
