-- What a person gets when they ask for everything that is stored about them.

CREATE VIEW billing_view.points_entry AS
    SELECT id, user_id, points, reason, description, charging_id, balance_after, created_at FROM billing.points_entry;

CREATE VIEW billing_view.invoice_document AS
    SELECT id AS invoice_id, user_id, number, issued_at, pdf FROM billing.invoice;

GRANT SELECT ON billing_view.ledger_entry, billing_view.points_entry, billing_view.invoice_document TO accounts;
