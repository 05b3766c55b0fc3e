import Core
import Sockets

/// Asks sentinels where the master is, as redis.io describes for clients: one after the other, the first that knows is believed,
/// and whoever is reached there must say himself that he is the master.
///
/// Touched on its loop's thread only; this confinement is what `@unchecked Sendable` stands for.
final class Sentinels: @unchecked Sendable {
    private var places: [RedisSettings.Place]
    private let master: String
    private let password: String?
    private let loop: EventLoop

    /// For each sentinel; the next may know more.
    private static let patience = Duration.milliseconds(500)

    init(_ places: [RedisSettings.Place], master: String, password: String?, on loop: EventLoop) {
        self.places = places
        self.master = master
        self.password = password
        self.loop = loop
    }

    /// Throws: what the last of them said, when none knows.
    func whereMasterIs() async throws -> RedisSettings.Place {
        var last = RedisError(.unavailable, "No sentinel answers.")
        for place in places {
            do throws(RedisError) {
                let found = try await ask(place)
                // Who answered is asked first the next time.
                places.removeAll { $0 == place }
                places.insert(place, at: 0)
                return found
            } catch {
                last = error
                places.removeAll { $0 == place }
                places.append(place)
            }
        }
        throw last
    }

    private func ask(_ place: RedisSettings.Place) async throws(RedisError) -> RedisSettings.Place {
        let wire = try Wire(to: try await .resolving(place), on: loop)
        let answer = await withCheckedContinuation { continuation in
            let question = Pending()
            question.expire(
                by: loop.schedule(after: Self.patience) {
                    question.fail(RedisError(.unavailable, "A sentinel does not answer."))
                })
            question.whenEnded { continuation.resume(returning: $0) }
            wire.onGone = { question.fail(RedisError(.unavailable, "A sentinel is away: \($0)")) }
            wire.onConnected = { [master, password] in
                if let password {
                    let login = Pending()
                    login.whenEnded { if case .failure(let error) = $0 { question.fail(error) } }
                    wire.send(Command<Bool>("AUTH", password).words, login)
                }
                wire.send(Command<[String]>("SENTINEL", "GET-MASTER-ADDR-BY-NAME", master).words, question)
            }
        }
        wire.close()
        switch answer {
        case .failure(let error):
            throw error as? RedisError ?? RedisError(.unavailable, "\(error)")
        case .success(let reply):
            guard let words = reply.elements, words.count == 2, let host = words[0].text,
                let port = words[1].text.flatMap({ Int($0) })
            else { throw RedisError(.unavailable, "The sentinels know no master called \(master).") }
            return RedisSettings.Place(host, port: port)
        }
    }
}

extension WireAddress {
    static func resolving(_ place: RedisSettings.Place) async throws(RedisError) -> WireAddress {
        var address = SocketAddress(host: place.host, port: place.port)
        if address == nil {
            do { address = try await SocketAddress.resolve(place.host, port: place.port).first } catch {
                throw RedisError(.unavailable, "\(error)")
            }
        }
        guard let address else { throw RedisError(.unavailable, "The host's name has no address.") }
        return .socket(host: address.host, port: address.port)
    }
}
