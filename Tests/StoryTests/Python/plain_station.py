"""A charge point without a library of OCPP: the PyPI package `websockets` and JSON, through nginx and through Apache httpd.

It boots, shows a card, charges and stops, once through each proxy. Apache is started here, with a certificate of its own, in front of the
same gateway. Prints what came of it, as one JSON object.
"""
import asyncio, base64, json, os, signal, socket, ssl, subprocess, sys, tempfile, time
from datetime import datetime, timedelta, timezone

import websockets

ASKED = json.loads(sys.argv[1])
# Whoever starts us may hold back all signals, and Apache would have that from us: it could not be told to end.
signal.pthread_sigmask(signal.SIG_SETMASK, [])


class Station:
    def __init__(self, link):
        self.link, self.number, self.answers, self.asked = link, 0, {}, []

    async def listen(self):
        async for text in self.link:
            kind, number, *rest = json.loads(text)
            if kind != 2:
                self.answers.pop(number).set_result((kind, rest))
                continue
            self.asked.append(rest[0])
            known = {"GetConfiguration": {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]}}
            await self.link.send(json.dumps(
                [3, number, known[rest[0]]] if rest[0] in known else [4, number, "NotImplemented", "", {}]))

    async def call(self, action, payload):
        self.number += 1
        number = f"plain-{self.number}"
        self.answers[number] = asyncio.get_running_loop().create_future()
        await self.link.send(json.dumps([2, number, action, payload]))
        kind, rest = await asyncio.wait_for(self.answers[number], 30)
        if kind != 3:
            sys.exit(f"{action} was answered {rest}")
        return rest[0]


async def charge(url, certificate, meter):
    trusted = ssl.create_default_context(cafile=certificate)
    credentials = base64.b64encode(f"{ASKED['point']}:{ASKED['password']}".encode()).decode()
    begin = datetime.now(timezone.utc) - timedelta(minutes=31)
    stamp = lambda minutes: (begin + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    async with websockets.connect(url + ASKED["point"], ssl=trusted, subprotocols=["ocpp1.6"],
                                  additional_headers={"Authorization": f"Basic {credentials}"}) as link:
        station = Station(link)
        listening = asyncio.create_task(station.listen())
        boot = await station.call("BootNotification", {"chargePointVendor": "Nobody", "chargePointModel": "Plain"})
        await station.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"})
        card = await station.call("Authorize", {"idTag": ASKED["card"]})
        started = await station.call("StartTransaction", {
            "connectorId": 1, "idTag": ASKED["card"], "meterStart": meter, "timestamp": stamp(0)})
        session = started["transactionId"]
        for minutes, energy in ((10, 1_000), (20, 2_000)):
            await station.call("MeterValues", {"connectorId": 1, "transactionId": session, "meterValue": [
                {"timestamp": stamp(minutes), "sampledValue": [{"value": str(meter + energy)}]}]})
        stopped = await station.call("StopTransaction", {
            "transactionId": session, "idTag": ASKED["card"], "meterStop": meter + 3_000, "timestamp": stamp(30)})
        await station.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
        # What is asked after a boot comes through the proxy, too.
        async with asyncio.timeout(30):
            while "GetConfiguration" not in station.asked:
                await asyncio.sleep(0.1)
        listening.cancel()
        return {
            "subprotocol": link.subprotocol, "boot": boot["status"], "card": card["idTagInfo"]["status"],
            "started": started["idTagInfo"]["status"], "transaction": session, "stopped": stopped["idTagInfo"]["status"],
            "server": link.response.headers.get("Server", ""), "is_compressed": bool(link.protocol.extensions)}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


async def through_apache():
    with tempfile.TemporaryDirectory(prefix="voltbus-apache.") as folder:
        os.chmod(folder, 0o755)
        ports = {name: str(free_port()) for name in ("HTTPS_PORT", "HTTP_PORT", "OCPP_TLS_PORT", "OCPP_PORT")}
        environment = dict(
            os.environ, **ports, CERTIFICATE=f"{folder}/certificate.pem", KEY=f"{folder}/key.pem", CLIENT_CA="", LISTEN="127.0.0.1",
            ACCESS_LOG=f"{folder}/access.log", ERROR_LOG=f"{folder}/error.log", GATEWAY=ASKED["gateway"],
            ACCOUNTS="127.0.0.1:9", BILLING="127.0.0.1:9", REPORTING="127.0.0.1:9")
        apache = subprocess.Popen([ASKED["apache"], f"{folder}/rendered"], env=environment, stdout=sys.stderr)
        try:
            deadline = time.time() + 30
            while True:
                try:
                    socket.create_connection(("127.0.0.1", int(ports["OCPP_TLS_PORT"]))).close()
                    break
                except OSError:
                    if time.time() > deadline or apache.poll() is not None:
                        sys.exit("Apache did not start")
                    await asyncio.sleep(0.1)
            return await charge(f"wss://localhost:{ports['OCPP_TLS_PORT']}/", f"{folder}/certificate.pem", 53_000)
        finally:
            apache.send_signal(signal.SIGTERM)
            apache.wait(30)


async def main():
    result = {"nginx": await charge(ASKED["station_url"], ASKED["certificate"], 50_000)}
    result["apache"] = await through_apache()
    print(json.dumps(result))


asyncio.run(main())
