import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// Which questions are asked for, and by whom.
struct QuestionFilter: Sendable {
    /// 0: nobody, without a login.
    let viewer: Int64
    let isPower: Bool
    var isOwn = false
    var text: String?

    init(for caller: Caller?) {
        viewer = caller?.user ?? 0
        isPower = caller?.isPower == true
    }

    fileprivate var condition: SQL {
        var condition: SQL = isPower ? "true" : "(faq.is_public OR faq.user_id = \(viewer))"
        if isOwn { condition = "\(condition) AND faq.user_id = \(viewer)" }
        if let text, !text.isEmpty {
            condition = "\(condition) AND \(Searched.questions.holds(text))"
        }
        return condition
    }
}

extension Query where Result == [QuestionBody] {
    static func questions(_ filter: QuestionFilter, _ cut: Cut) -> Self {
        """
        SELECT \(QuestionBody.columns) FROM accounts.question AS faq
        WHERE \(filter.condition)
        ORDER BY faq.id \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == Int64 {
    static func countQuestions(_ filter: QuestionFilter) -> Self {
        "SELECT count(*) FROM accounts.question AS faq WHERE \(filter.condition)"
    }
}

extension Query where Result == QuestionBody? {
    static func question(_ id: ID<Question>, _ filter: QuestionFilter) -> Self {
        """
        SELECT \(QuestionBody.columns) FROM accounts.question AS faq
        WHERE faq.id = \(id) AND \(filter.condition)
        """
    }

    /// Holds it for the rest of the transaction.
    static func heldQuestion(_ id: ID<Question>) -> Self {
        """
        SELECT \(QuestionBody.columns) FROM accounts.question AS faq
        WHERE faq.id = \(id)
        FOR UPDATE
        """
    }
}

extension Query where Result == ID<Question> {
    static func ask(
        _ text: String, answer: String, isPublic: Bool, by user: Int64, at now: Date
    ) -> Self {
        """
        INSERT INTO accounts.question (question, answer, is_public, user_id, created_at, updated_at)
        VALUES (\(text), \(answer), \(isPublic), \(user), \(now), \(now))
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    static func store(_ question: QuestionBody) -> Self {
        """
        UPDATE accounts.question
        SET question = \(question.question), answer = \(question.answer), is_public = \(question.public),
            updated_at = \(question.updated_at)
        WHERE id = \(question.id)
        """
    }

    static func remove(_ question: ID<Question>) -> Self {
        "DELETE FROM accounts.question WHERE id = \(question)"
    }
}
