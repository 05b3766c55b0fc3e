import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff

/// How many points make which discount (api.md 4.9).
struct ThresholdBody: Codable, Equatable, Sendable {
    var id: Int64
    var points_required: Int
    var discount_value: Percent
    var description: String
    var is_active: Bool
    var created_at: Date
}

extension ThresholdBody: RowDecodable {
    static let columns: StaticString =
        "id, points_required, percent_hundredths, description, is_active, created_at"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        points_required = Int(try cells.next(Int32.self))
        discount_value = Percent(hundredths: Int64(try cells.next(Int32.self)))
        description = try cells.next()
        is_active = try cells.next()
        created_at = try cells.next()
    }
}

/// On PATCH what is absent stays.
struct ThresholdInput: Codable, Sendable {
    var points_required: Whole<1, 1_000_000_000>?
    var discount_value: PercentText?
    var description: Text<0, 255>?
    var is_active: Bool?
}

/// A percentage above 0 and up to 100, written as a text or as a number.
struct PercentText: Codable, Sendable {
    let percent: Percent

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text: String
        switch try container.decode(JSONValue.self) {
        case .string(let written): text = written
        case .integer(let whole): text = String(whole)
        // Two decimals survive the way through a Double.
        case .number(let number):
            let hundredths = (number * 100).rounded()
            guard abs(hundredths - number * 100) < 1e-6, (0...10_000).contains(hundredths) else {
                throw OutsideLimits("must be a percentage with at most two decimals")
            }
            text = Percent(hundredths: Int64(hundredths)).description
        default: throw OutsideLimits("must be a percentage with at most two decimals")
        }
        guard let percent = Percent(text), percent > .zero, percent <= .hundred else {
            throw OutsideLimits("must be above 0 and at most 100, with at most two decimals")
        }
        self.percent = percent
    }

    func encode(to encoder: any Encoder) throws { try percent.encode(to: encoder) }
}

extension PercentText: JSONSchemaDescribed, JSONStandIn {
    private init(_ percent: Percent) {
        self.percent = percent
    }

    static var jsonSchema: JSONSchema {
        .string(pattern: #"^(?!0+(\.0+)?$)([0-9]{1,2}(\.[0-9]{1,2})?|100(\.0{1,2})?)$"#)
    }
    static var standIn: PercentText { PercentText(.hundred) }
}

struct ThresholdPath: Codable, Sendable {
    var id: ID<ThresholdBody>
}

struct ThresholdQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var all: Bool?
}

extension Billing {
    @RouteTable var thresholdRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/points/thresholds", listThresholds).failing("Failed to get thresholds")
            .summary("What points are good for").needs(.user)
        Route(.post, "/api/v1/points/thresholds", enterThreshold).failing("Failed to create threshold")
            .summary("A new threshold").needs(.admin)
        Route(.get, "/api/v1/points/thresholds/:id", showThreshold).failing("Failed to get threshold")
            .summary("One threshold").needs(.user)
        Route(.put, "/api/v1/points/thresholds/:id", storeThreshold).failing("Failed to update threshold")
            .summary("Change a threshold").needs(.admin)
        Route(.patch, "/api/v1/points/thresholds/:id", storeThreshold).failing("Failed to update threshold")
            .summary("Change a threshold").needs(.admin)
        Route(.delete, "/api/v1/points/thresholds/:id", hideThreshold).failing("Failed to delete threshold")
            .summary("Hide a threshold").needs(.admin)
    }

    func listThresholds(_ call: Call<None, ThresholdQuery, None>) async throws -> PagedList<ThresholdBody> {
        let all = try await host.database.run(
            .thresholds(withInactive: call.identified.isAdmin && call.query.all == true))
        return PagedList(call.query.order == .ascending ? all : all.reversed(), call.query)
    }

    private func threshold(_ id: Int64) async throws -> ThresholdBody {
        guard let threshold = try await host.database.run(.threshold(id)) else {
            throw BillingRefusal.noSuchThreshold
        }
        return threshold
    }

    func showThreshold(_ call: Call<ThresholdPath, None, None>) async throws -> OK<ThresholdBody> {
        OK(try await threshold(call.path.id.number))
    }

    func enterThreshold(_ call: Call<None, None, ThresholdInput>) async throws -> Created<ThresholdBody> {
        let body = call.body
        guard let points = body.points_required else {
            throw BillingRefusal.invalid(field: "points_required", "is missing")
        }
        guard let value = body.discount_value else {
            throw BillingRefusal.invalid(field: "discount_value", "is missing")
        }
        let (host, caller, request) = (host, call.identified, call.request)
        let query: Query<Int64> = """
            INSERT INTO billing.threshold (points_required, percent_hundredths, description, is_active, created_at)
            VALUES (\(Int32(points.number)), \(Int32(value.percent.hundredths)), \(body.description?.text ?? ""),
                \(body.is_active ?? true), \(host.clock.now))
            RETURNING id
            """
        let id = try await host.database.transaction { transaction in
            let id = try await transaction.run(query)
            try await transaction.run(
                Self.audit("CREATE_THRESHOLD", id, by: caller, request, at: host.clock.now))
            return id
        }
        return Created(try await threshold(id))
    }

    func storeThreshold(_ call: Call<ThresholdPath, None, ThresholdInput>) async throws -> OK<ThresholdBody> {
        let (id, body) = (call.path.id.number, call.body)
        let points: Int32? = body.points_required.map { Int32($0.number) }
        let hundredths: Int32? = body.discount_value.map { Int32($0.percent.hundredths) }
        let query: Query<RowCount> = """
            UPDATE billing.threshold
            SET points_required = coalesce(\(points as Int32?), points_required),
                percent_hundredths = coalesce(\(hundredths as Int32?), percent_hundredths),
                description = coalesce(\(body.description?.text as String?), description),
                is_active = coalesce(\(body.is_active as Bool?), is_active)
            WHERE id = \(id) AND deleted_at IS NULL
            """
        try await change(id, "UPDATE_THRESHOLD", query, by: call.identified, call.request)
        return OK(try await threshold(id))
    }

    func hideThreshold(_ call: Call<ThresholdPath, None, None>) async throws -> NoContent {
        let query: Query<RowCount> = """
            UPDATE billing.threshold SET deleted_at = \(host.clock.now), is_active = false
            WHERE id = \(call.path.id.number) AND deleted_at IS NULL
            """
        try await change(call.path.id.number, "DELETE_THRESHOLD", query, by: call.identified, call.request)
        return NoContent()
    }

    /// Throws: `BillingRefusal.noSuchThreshold`.
    private func change(
        _ id: Int64, _ action: String, _ query: Query<RowCount>, by caller: Caller, _ request: Request
    ) async throws {
        let host = host
        try await host.database.transaction { transaction in
            guard try await transaction.run(query).count == 1 else { throw BillingRefusal.noSuchThreshold }
            try await transaction.run(Self.audit(action, id, by: caller, request, at: host.clock.now))
        }
    }

    private static func audit(
        _ action: String, _ id: Int64, by caller: Caller, _ request: Request, at now: Date
    ) -> Query<Void> {
        .record(
            AuditEntry(action, by: caller.user, ["threshold": .integer(id)], from: request), in: .billing,
            at: now)
    }
}

extension Query where Result == [ThresholdBody] {
    fileprivate static func thresholds(withInactive: Bool) -> Self {
        """
        SELECT \(raw: ThresholdBody.columns) FROM billing.threshold
        WHERE deleted_at IS NULL AND (is_active OR \(withInactive))
        ORDER BY id
        LIMIT 1000
        """
    }
}

extension Query where Result == ThresholdBody? {
    static func threshold(_ id: Int64) -> Self {
        "SELECT \(raw: ThresholdBody.columns) FROM billing.threshold WHERE id = \(id) AND deleted_at IS NULL"
    }
}
