"""A charge from outside: a charge point written with the PyPI package `ocpp`, and its driver's app, both over TLS through the proxy.

The driver starts by WebSocket; the charge point is asked, starts, reads its meter, is asked to stop, and stops. The charge's own times
lie 90 minutes apart in the past, as of a charge point that was told late. Prints what everybody heard, as one JSON object.
"""
import asyncio, base64, json, ssl, sys
from datetime import datetime, timedelta, timezone

import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action

ASKED = json.loads(sys.argv[1])
START = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(minutes=91)
METER = 1_200_000


def stamp(minutes):
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Station(ChargePoint):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.start_wanted = asyncio.get_running_loop().create_future()
        self.stop_wanted = asyncio.get_running_loop().create_future()

    @on(Action.remote_start_transaction)
    def remote_start(self, id_tag, connector_id=None, **rest):
        self.start_wanted.set_result(id_tag)
        return call_result.RemoteStartTransaction(status="Accepted")

    @on(Action.remote_stop_transaction)
    def remote_stop(self, transaction_id):
        self.stop_wanted.set_result(transaction_id)
        return call_result.RemoteStopTransaction(status="Accepted")

    @on(Action.get_configuration)
    def get_configuration(self, key=None):
        return call_result.GetConfiguration(
            configuration_key=[{"key": "HeartbeatInterval", "readonly": False, "value": "300"}], unknown_key=[])

    @on(Action.change_configuration)
    def change_configuration(self, key, value):
        return call_result.ChangeConfiguration(status="Accepted")

    @on(Action.trigger_message)
    def trigger_message(self, requested_message, connector_id=None):
        return call_result.TriggerMessage(status="Rejected")

    async def status(self, word):
        await self.call(call.StatusNotification(connector_id=1, error_code="NoError", status=word))

    async def reading(self, session, minutes, energy, context="Sample.Periodic"):
        await self.call(call.MeterValues(connector_id=1, transaction_id=session, meter_value=[{
            "timestamp": stamp(minutes), "sampledValue": [
                {"value": str(METER + energy), "context": context, "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
                {"value": "10000", "measurand": "Power.Active.Import", "unit": "W"}]}]))


async def main():
    trusted = ssl.create_default_context(cafile=ASKED["certificate"])
    credentials = base64.b64encode(f"{ASKED['point']}:{ASKED['password']}".encode()).decode()
    result = {}
    async with websockets.connect(ASKED["station_url"] + ASKED["point"], ssl=trusted, subprotocols=["ocpp1.6"],
                                  additional_headers={"Authorization": f"Basic {credentials}"}) as link:
        result["subprotocol"] = link.subprotocol
        station = Station(ASKED["point"], link)
        listening = asyncio.create_task(station.start())
        boot = await station.call(call.BootNotification(charge_point_vendor="Somebody", charge_point_model="Else"))
        result["boot"] = boot.status
        await station.status("Available")
        await station.status("Preparing")

        async with websockets.connect(ASKED["app_url"], ssl=trusted,
                                      additional_headers={"Authorization": f"Bearer {ASKED['token']}"}) as app:
            heard = result["heard"] = []

            async def hears(wanted):
                try:
                    async with asyncio.timeout(30):
                        while True:
                            frame = json.loads(await app.recv())
                            heard.append(frame)
                            if wanted(frame):
                                return frame
                except TimeoutError:
                    sys.exit(f"the app waits in vain; it heard {heard}")

            # An app need not wait for its greeting, nor for its token to be looked at.
            await app.send(json.dumps({"command": "StartTransaction", "charge_point_id": ASKED["point"], "connector_id": 1}))
            await hears(lambda frame: frame.get("info") == "new connection")
            # The app is told that it waits before the charge begins.
            await hears(lambda frame: frame["status"] == "waiting")
            tag = await asyncio.wait_for(station.start_wanted, 20)
            started = await station.call(call.StartTransaction(connector_id=1, id_tag=tag, meter_start=METER, timestamp=stamp(0)))
            result["started"] = started.id_tag_info["status"]
            session = result["transaction"] = started.transaction_id
            result["told"] = (await hears(lambda frame: frame["status"] in ("success", "error") and frame["stage"] == "start"))
            await app.send(json.dumps({"command": "ListenTransaction", "transaction_id": session}))
            await station.status("Charging")
            for minutes, energy in ((30, 5_000), (60, 10_000)):
                await station.reading(session, minutes, energy)
                await hears(lambda frame: frame["status"] == "value" and frame.get("power") == energy)
            await app.send(json.dumps({"command": "StopTransaction", "transaction_id": session}))
            assert await asyncio.wait_for(station.stop_wanted, 20) == session
            stopped = await station.call(call.StopTransaction(
                transaction_id=session, id_tag=tag, meter_stop=METER + 15_000, timestamp=stamp(90), reason="Remote"))
            result["stopped"] = (stopped.id_tag_info or {}).get("status")
            await hears(lambda frame: frame["status"] == "success" and frame["stage"] == "stop")
        await station.status("Finishing")
        await station.status("Available")
        listening.cancel()
    print(json.dumps(result))


asyncio.run(main())
