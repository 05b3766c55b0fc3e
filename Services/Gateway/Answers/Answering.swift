import Core
import FoundationEssentials
import Hosting
import OCPP

/// How one action of a station is answered: decoded, handled, written. A file in this folder holds each handler; this is
/// the table of all.
struct Answering: Sendable {
    /// From the frame to the payload of its CALLRESULT. Throws: `JSONMistakes` for a payload that its schema refuses,
    /// `CallError` for a "no", anything else for what is our own fault.
    let run: @Sendable (Gateway, StationLink, OCPPFrame, Date) async throws -> [UInt8]

    static let table: [V16.Action: Answering] = [
        .authorize: .typed(V16.Authorize.self) { try await $0.answer($1, from: $2, at: $3) },
        .bootNotification: .typed(V16.BootNotification.self) { try await $0.answer($1, from: $2, at: $3) },
        .dataTransfer: .typed(V16.DataTransfer.self) { try await $0.answer($1, from: $2, at: $3) },
        .diagnosticsStatusNotification: .typed(V16.DiagnosticsStatusNotification.self) {
            try await $0.answer($1, from: $2, at: $3)
        },
        .firmwareStatusNotification: .typed(V16.FirmwareStatusNotification.self) {
            try await $0.answer($1, from: $2, at: $3)
        },
        .logStatusNotification: .typed(V16.LogStatusNotification.self) {
            try await $0.answer($1, from: $2, at: $3)
        },
        .securityEventNotification: .typed(V16.SecurityEventNotification.self) {
            try await $0.answer($1, from: $2, at: $3)
        },
        .signCertificate: .typed(V16.SignCertificate.self) { try await $0.answer($1, from: $2, at: $3) },
        .signedFirmwareStatusNotification: .typed(V16.SignedFirmwareStatusNotification.self) {
            try await $0.answer($1, from: $2, at: $3)
        },
        .heartbeat: .typed(V16.Heartbeat.self) { gateway, _, _, _ in
            .init(currentTime: gateway.host.clock.now)
        },
        .meterValues: .legible { try await $0.answerMeterValues($1, from: $2, at: $3) },
        .startTransaction: .legible { try await $0.answerStart($1, from: $2, at: $3) },
        .statusNotification: .typed(V16.StatusNotification.self) {
            try await $0.answer($1, from: $2, at: $3)
        },
        .stopTransaction: .legible { try await $0.answerStop($1, from: $2, at: $3) },
    ]

    static let offered = Set(table.keys)

    /// For messages whose content may be refused.
    private static func typed<Call: OCPPCall>(
        _ call: Call.Type,
        _ handle: @escaping @Sendable (Gateway, Call.Request, StationLink, Date) async throws -> Call.Response
    ) -> Answering {
        Answering { gateway, link, frame, received in
            let response = try await handle(gateway, try frame.decode(Call.Request.self), link, received)
            var payload: [UInt8] = []
            Call.write(response, into: &payload)
            return payload
        }
    }

    /// For messages about sessions: a station repeats them for ever, so what cannot be believed is kept and confirmed.
    private static func legible(
        _ handle: @escaping @Sendable (Gateway, OCPPFrame, StationLink, Date) async throws -> [UInt8]
    ) -> Answering {
        Answering { gateway, link, frame, received in try await handle(gateway, frame, link, received) }
    }
}
