/// The namespace of OCPP 1.6: the same action names return in 2.0.1 with other fields.
///
/// Bounds and words are those of the JSON schemas that belong to OCPP 1.6 edition 2. Words that we only send are closed
/// enumerations; words that a station makes up (measurands, error codes, reasons) are `Open` and kept as they came.
package enum V16 {}
