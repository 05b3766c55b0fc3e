"""A charge point of OCPP 1.6 on a plain socket, without any library: what the checks under load are made of."""
import asyncio, base64, json, random, struct, time


def frame(payload, opcode=1, final=True):
    """A frame of a client; the mask of nothing but zeros leaves the payload as it is."""
    head = bytes([(0x80 if final else 0) | opcode])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 65536:
        head += b"\xfe" + struct.pack(">H", len(payload))
    else:
        head += b"\xff" + struct.pack(">Q", len(payload))
    return head + b"\0\0\0\0" + payload


class Closed(Exception):
    """The connection is over; `code` is that of its close frame, or None."""

    def __init__(self, code=None):
        super().__init__(f"closed with {code}")
        self.code = code


class Socket:
    """One WebSocket of a station."""

    @classmethod
    async def open(cls, port, identity, host="127.0.0.1"):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(host, port, limit=1 << 20)
        key = base64.b64encode(random.randbytes(16)).decode()
        self.writer.write(
            f"GET /{identity} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n".encode())
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Closed()
        if b" 101 " not in head.split(b"\r\n")[0]:
            self.writer.close()
            raise Closed(int(head.split()[1]))
        # Read by a task of its own: whoever gives up waiting for a message leaves no half of one behind.
        self.inbox = asyncio.Queue()
        self.pump = asyncio.create_task(self.read())
        return self

    def send(self, text, opcode=1):
        self.writer.write(frame(text if isinstance(text, bytes) else text.encode(), opcode))

    async def receive(self):
        """The next message. Throws: `Closed`."""
        message = await self.inbox.get()
        if isinstance(message, Closed):
            self.inbox.put_nowait(message)
            raise message
        return message

    async def read(self):
        """Pings are answered on the way."""
        while True:
            try:
                first, second = await self.reader.readexactly(2)
                length = second & 0x7F
                if length == 126:
                    length = int.from_bytes(await self.reader.readexactly(2), "big")
                elif length == 127:
                    length = int.from_bytes(await self.reader.readexactly(8), "big")
                payload = await self.reader.readexactly(length)
            except (asyncio.IncompleteReadError, OSError):
                return self.inbox.put_nowait(Closed())
            match first & 0x0F:
                case 1: self.inbox.put_nowait(payload)
                case 8:
                    self.writer.close()
                    return self.inbox.put_nowait(Closed(int.from_bytes(payload[:2], "big") if len(payload) > 1 else None))
                case 9: self.send(payload, 10)

    def close(self):
        self.pump.cancel()
        self.writer.close()

    def abort(self):
        self.pump.cancel()
        self.writer.transport.abort()


class Station:
    """A charge point that behaves: one call at a time, and everything that is asked of it is accepted."""

    def __init__(self, identity, port, host="127.0.0.1"):
        self.identity, self.port, self.host, self.socket, self.last = identity, port, host, None, 0
        self.session = None

    async def connect(self):
        self.socket = await Socket.open(self.port, self.identity, self.host)

    async def call(self, action, payload, patience=60):
        self.last += 1
        number = str(self.last)
        self.socket.send(json.dumps([2, number, action, payload]))
        async with asyncio.timeout(patience):
            while True:
                message = json.loads(await self.socket.receive())
                if message[0] == 2:
                    self.obey(message)
                elif message[1] == number:
                    if message[0] != 3:
                        raise RuntimeError(f"{action}: {message}")
                    return message[2]

    def obey(self, call):
        answer = {"configurationKey": []} if call[2] == "GetConfiguration" else {"status": "Accepted"}
        self.socket.send(json.dumps([3, call[1], answer]))

    async def boot(self):
        answer = await self.call("BootNotification", {"chargePointVendor": "Bench", "chargePointModel": "Plain"})
        assert answer["status"] == "Accepted", answer

    async def begin(self, meter):
        answer = await self.call("StartTransaction", {
            "connectorId": 1, "idTag": "BENCH", "meterStart": meter, "timestamp": now()})
        assert answer["idTagInfo"]["status"] == "Accepted", answer
        self.session = answer["transactionId"]

    async def sample(self, meter):
        await self.call("MeterValues", {
            "connectorId": 1, "transactionId": self.session, "meterValue": [
                {"timestamp": now(), "sampledValue": [{"value": str(meter), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}]}]})

    async def end(self, meter):
        await self.call("StopTransaction", {"transactionId": self.session, "meterStop": meter, "timestamp": now()})


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def percentile(values, percent):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * percent / 100))] if values else 0.0
