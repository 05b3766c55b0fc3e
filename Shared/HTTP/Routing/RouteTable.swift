/// Lets a service write its whole surface as one list.
@resultBuilder
package enum RouteTable {
    package static func buildExpression(_ route: GuardedRoute) -> [GuardedRoute] { [route] }
    package static func buildExpression(_ routes: [GuardedRoute]) -> [GuardedRoute] { routes }
    package static func buildBlock(_ parts: [GuardedRoute]...) -> [GuardedRoute] { parts.flatMap(\.self) }
    package static func buildOptional(_ part: [GuardedRoute]?) -> [GuardedRoute] { part ?? [] }
    package static func buildEither(first: [GuardedRoute]) -> [GuardedRoute] { first }
    package static func buildEither(second: [GuardedRoute]) -> [GuardedRoute] { second }
    package static func buildArray(_ parts: [[GuardedRoute]]) -> [GuardedRoute] { parts.flatMap(\.self) }
}
