import Contracts
import Core
import FoundationEssentials
import HTTP
import Postgres

/// Something that people ask about the network.
enum Question {}

/// A question and its answer (api.md 4.8, Faq).
struct QuestionBody: Codable, Equatable, Sendable {
    var id: Int64
    var question: String
    /// Empty until somebody has answered.
    var answer: String
    var `public`: Bool
    @OrNull var user_id: Int64?
    var created_at: Date
    var updated_at: Date
}

/// What is written of a question; a new one and PUT need its text. Answering and publishing are for staff.
struct QuestionInput: Codable, Sendable {
    var question: Text<5, 500>?
    var answer: Text<0, 5_000>?
    var `public`: Bool?
}

extension QuestionBody: RowDecodable {
    static let columns: SQL = """
        faq.id, faq.question, faq.answer, faq.is_public,
        (SELECT asker.id FROM accounts.account AS asker WHERE asker.id = faq.user_id AND asker.deleted_at IS NULL),
        faq.created_at, faq.updated_at
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        question = try cells.next()
        answer = try cells.next()
        self.public = try cells.next()
        _user_id = OrNull(wrappedValue: try cells.next())
        created_at = try cells.next()
        updated_at = try cells.next()
    }

    /// Throws: `QuestionRefusal.publishingWithoutAnswer`.
    mutating func apply(_ input: QuestionInput, at now: Date) throws(QuestionRefusal) {
        question = input.question?.text ?? question
        answer = input.answer?.text ?? answer
        self.public = input.public ?? self.public
        updated_at = now
        guard !self.public || !answer.isEmpty else { throw .publishingWithoutAnswer }
    }
}

/// Every "no" about questions.
enum QuestionRefusal: Refusal, Equatable {
    case noSuchQuestion
    case asked
    case publishingWithoutAnswer
    case notAllowed

    var problem: Problem {
        switch self {
        case .noSuchQuestion: Problem(.notFound, "question not found")
        case .asked:
            Problem(.badRequest, "question already exists", errors: ["question": ["already exists"]])
        case .publishingWithoutAnswer:
            Problem(
                .badRequest, "a question without an answer cannot be published",
                errors: ["answer": ["is required for publishing"]])
        case .notAllowed: Problem(.forbidden, "insufficient permissions")
        }
    }
}
