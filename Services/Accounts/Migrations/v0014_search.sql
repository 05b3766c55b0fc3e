-- Searches for a part of a text. Trigrams need three characters; shorter texts are looked for in every row.
-- The expressions are those of `Searched`: the index serves no other.
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;

CREATE INDEX site_text ON accounts.site
    USING gin (lower(name || E'\n' || address || E'\n' || coalesce(city, '')) public.gin_trgm_ops);
CREATE INDEX charge_point_text ON accounts.charge_point
    USING gin (lower(charge_point_id || E'\n' || title || E'\n' || description || E'\n' || address) public.gin_trgm_ops);
CREATE INDEX account_text ON accounts.account
    USING gin (
        lower(
            username || E'\n' || email || E'\n' || name || E'\n' || coalesce(first_name, '') || E'\n' || coalesce(last_name, ''))
        public.gin_trgm_ops);
CREATE INDEX question_words ON accounts.question USING gin (lower(question || E'\n' || answer) public.gin_trgm_ops);
