-- What an invoice says beside sums, frozen with it: when it was supplied, in which language, and how it was paid.
ALTER TABLE billing.invoice
    ADD COLUMN supplied_at timestamptz,
    ADD COLUMN language text NOT NULL DEFAULT 'en',
    ADD COLUMN funding text NOT NULL DEFAULT 'balance' CHECK (funding IN ('balance', 'card'));
