package import Core

// The quick way from the tokens for the frame that fills the database.

extension V16.MeterValues.Request: JSONFastDecodable {
    package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        var members = try JSONMemberCursor(document, at: index)
        connectorId = try members.required("connectorId", in: document)
        transactionId = try members.optional("transactionId", in: document)
        meterValue = try members.required("meterValue", in: document)
        try members.finish()
        guard Self.holdsValues(meterValue) else { throw JSONUnusual() }
    }
}

extension V16.MeterValue: JSONFastDecodable {
    package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        var members = try JSONMemberCursor(document, at: index)
        guard let time = Timestamp(try members.required("timestamp", String.self, in: document)) else {
            throw JSONUnusual()
        }
        timestamp = time
        sampledValue = try members.required("sampledValue", in: document)
        try members.finish()
    }
}

extension V16.SampledValue: JSONFastDecodable {
    package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        var members = try JSONMemberCursor(document, at: index)
        value = try members.required("value", in: document)
        context = try members.optional("context", in: document)
        format = try members.optional("format", in: document)
        measurand = try members.optional("measurand", in: document)
        phase = try members.optional("phase", in: document)
        location = try members.optional("location", in: document)
        unit = try members.optional("unit", in: document)
        try members.finish()
    }
}
