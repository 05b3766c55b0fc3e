import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct QuestionQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var mine: Bool?
    var q: String?
}

typealias QuestionPath = ByID<Question>

extension Accounts {
    @RouteTable var questionRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/faq", listQuestions).failing("Failed to get questions")
            .summary("Questions with their answers").open
        Route(.post, "/api/v1/faq", ask).failing("Failed to create question").summary("Ask something")
            .needs(.user)
        Route(.get, "/api/v1/faq/:id", showQuestion).failing("Failed to get question").summary("One question")
            .open
        Route(.put, "/api/v1/faq/:id", replaceQuestion).failing("Failed to update question")
            .summary("Write a question anew").needs(.power)
        Route(.patch, "/api/v1/faq/:id", changeQuestion).failing("Failed to update question")
            .summary("Answer, reword or publish a question").needs(.power)
        Route(.delete, "/api/v1/faq/:id", removeQuestion).failing("Failed to delete question")
            .summary("Take a question away").needs(.user)
    }

    func listQuestions(_ call: Call<None, QuestionQuery, None>) async throws -> PagedList<QuestionBody> {
        let database = host.database
        var filter = QuestionFilter(for: call.caller)
        filter.isOwn = call.query.mine == true
        filter.text = call.query.q
        let which = filter
        return try await PagedList(call.query) {
            Int(try await database.run(.countQuestions(which)))
        } rows: { cut in
            try await database.run(.questions(which, cut))
        }
    }

    func showQuestion(_ call: Call<QuestionPath, None, None>) async throws -> OK<QuestionBody> {
        OK(try await question(call.path.id, for: call.caller))
    }

    private func question(_ id: ID<Question>, for caller: Caller?) async throws -> QuestionBody {
        guard let question = try await host.database.run(.question(id, QuestionFilter(for: caller))) else {
            throw QuestionRefusal.noSuchQuestion
        }
        return question
    }

    func ask(_ call: Call<None, None, QuestionInput>) async throws -> Created<QuestionBody> {
        let (body, caller) = (call.body, call.identified)
        let text = try body.text()
        // Whoever only asks neither answers nor publishes.
        let answer = caller.isPower ? body.answer?.text ?? "" : ""
        let isPublic = caller.isPower && body.public == true
        guard !isPublic || !answer.isEmpty else { throw QuestionRefusal.publishingWithoutAnswer }
        let id = try await storingQuestion {
            try await host.database.run(
                .ask(text, answer: answer, isPublic: isPublic, by: caller.user, at: host.clock.now))
        }
        return Created(try await question(id, for: caller))
    }

    private func storingQuestion<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as DatabaseError
            where error.violatesUnique("question_text")
        {
            throw QuestionRefusal.asked
        }
    }

    func replaceQuestion(_ call: Call<QuestionPath, None, QuestionInput>) async throws -> OK<QuestionBody> {
        _ = try call.body.text()
        return try await changeQuestion(call)
    }

    func changeQuestion(_ call: Call<QuestionPath, None, QuestionInput>) async throws -> OK<QuestionBody> {
        let (host, id, body) = (host, call.path.id, call.body)
        try await storingQuestion {
            try await host.database.transaction { transaction in
                guard var known = try await transaction.run(.heldQuestion(id)) else {
                    throw QuestionRefusal.noSuchQuestion
                }
                try known.apply(body, at: host.clock.now)
                try await transaction.run(.store(known))
            }
        }
        return OK(try await question(id, for: call.caller))
    }

    func removeQuestion(_ call: Call<QuestionPath, None, None>) async throws -> NoContent {
        let (host, caller, id) = (host, call.identified, call.path.id)
        _ = try await question(id, for: caller)
        try await host.database.transaction { transaction in
            guard let known = try await transaction.run(.heldQuestion(id)) else {
                throw QuestionRefusal.noSuchQuestion
            }
            let isOwnOpen = known.user_id == caller.user && known.answer.isEmpty
            guard caller.isPower || isOwnOpen else { throw QuestionRefusal.notAllowed }
            try await transaction.run(.remove(id))
        }
        return NoContent()
    }
}

extension QuestionInput {
    /// Throws: `InvalidRequest` without a question.
    fileprivate func text() throws(InvalidRequest) -> String {
        var mistakes = Mistakes()
        if question == nil { mistakes.add("question", "is required") }
        try mistakes.check()
        return question?.text ?? ""
    }
}
