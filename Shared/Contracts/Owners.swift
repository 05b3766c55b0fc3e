// What numbers number: `ID<User>` and `ID<ChargingSession>` cannot be mixed up. These types have no values; the facts
// about each live with the service named beside it.

/// A person with an account. accounts.
package enum User {}

/// One login and the credentials that hang on it. accounts.
package enum LoginSession {}

/// A card, fob or app tag, by which stations know a person. accounts.
package enum Tag {}

/// A place with charge points: what the API calls a station. accounts.
package enum Site {}

/// A connector by its number among all connectors: what the API calls a port. accounts.
package enum Port {}

/// A car. accounts.
package enum Car {}

/// A booked meeting, whose slot may set a price. accounts.
package enum Meeting {}

/// A connector kept free for somebody; also the `reservationId` of OCPP. accounts.
package enum Reservation {}

/// A car park. accounts.
package enum ParkingLot {}

/// A booked parking spot. accounts.
package enum ParkingReservation {}

/// One charging session: what the API calls `transaction_id`. gateway.
package enum ChargingSession {}

/// One reading of a meter. gateway.
package enum MeterReading {}

/// A StopTransaction whose session nobody knows. gateway.
package enum OrphanStop {}

/// A certificate that a station asked for. gateway.
package enum CertificateRequest {}

/// A frame that was confirmed but not believed. gateway.
package enum QuarantinedFrame {}

/// A movement of money. billing.
package enum LedgerEntry {}

/// An attempt to charge a card. billing.
package enum PaymentOrder {}
