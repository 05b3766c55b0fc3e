-- An invoice has its number before it has its paper: whoever wants the next number does not wait for a printer. What the paper
-- says is frozen with the number. Invoices of before have their document in `pdf`.

ALTER TABLE billing.invoice
    ALTER COLUMN pdf DROP NOT NULL,
    ADD COLUMN paper jsonb,
    ADD CHECK (pdf IS NOT NULL OR paper IS NOT NULL);

CREATE TABLE billing.invoice_document (
    invoice_id bigint PRIMARY KEY REFERENCES billing.invoice,
    pdf bytea NOT NULL,
    printed_at timestamptz NOT NULL
);
REVOKE UPDATE ON billing.invoice_document FROM billing;
CREATE TRIGGER invoice_document_stays BEFORE UPDATE OR DELETE ON billing.invoice_document
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();

-- `pdf` is null for some moments behind the issue.
CREATE OR REPLACE VIEW billing_view.invoice_document AS
    SELECT invoice.id AS invoice_id, invoice.user_id, invoice.number, invoice.issued_at,
        coalesce(document.pdf, invoice.pdf) AS pdf
    FROM billing.invoice AS invoice
    LEFT JOIN billing.invoice_document AS document ON document.invoice_id = invoice.id;
