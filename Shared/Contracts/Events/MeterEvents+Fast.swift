package import Core

extension EventEnvelope: JSONFastEncodable where Payload: JSONFastEncodable {
    package func write(to output: inout JSONOutput) {
        output.beginObject()
        output.name("v")
        output.integer(v)
        output.name("kind")
        output.string(kind)
        output.name("at")
        output.date(at)
        output.name("payload")
        payload.write(to: &output)
        output.endObject()
    }
}

extension ReadingsStored: JSONFastEncodable {
    package func write(to output: inout JSONOutput) {
        output.beginObject()
        output.name("readings")
        output.beginArray()
        for reading in readings { reading.write(to: &output) }
        output.endArray()
        output.endObject()
    }
}

extension ReadingsStored.Reading {
    fileprivate func write(to output: inout JSONOutput) {
        output.beginObject()
        output.name("session")
        output.integer(session.number)
        output.name("place")
        output.beginObject()
        output.name("chargePoint")
        output.string(place.chargePoint.text)
        output.name("number")
        output.integer(place.number)
        output.endObject()
        output.member("user", user?.number)
        output.name("takenAt")
        output.date(takenAt)
        output.name("minute")
        output.integer(minute)
        output.name("register")
        output.integer(register.wattHours)
        output.name("energy")
        output.integer(energy.wattHours)
        output.member("price", price)
        output.member("cost", cost)
        output.member("powerW", powerW)
        output.member("stateOfCharge", stateOfCharge)
        output.member("currentA", currentA)
        output.member("voltageV", voltageV)
        output.member("offeredA", offeredA)
        if let status {
            output.name("status")
            output.string(status.word)
        }
        output.endObject()
    }
}

extension JSONOutput {
    fileprivate mutating func member(_ name: StaticString, _ value: (some BinaryInteger)?) {
        guard let value else { return }
        self.name(name)
        integer(value)
    }

    fileprivate mutating func member(_ name: StaticString, _ value: Double?) {
        guard let value else { return }
        self.name(name)
        number(value)
    }

    fileprivate mutating func member(_ name: StaticString, _ value: Money) {
        self.name(name)
        beginObject()
        self.name("minor")
        integer(value.minorUnits)
        self.name("currency")
        string(value.currency.code)
        endObject()
    }
}
