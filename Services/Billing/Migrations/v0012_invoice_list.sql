-- Reporting makes lists of invoices; the document itself stays with billing.
CREATE VIEW billing_view.invoice_line AS
    SELECT id AS invoice_id, user_id, number, kind, issued_at, charging_id, net, vat, gross, currency FROM billing.invoice;
GRANT SELECT ON billing_view.invoice_line TO reporting;
