-- Every reading moves its session's row. With an index on what it moves, each made an entry in every index of the table,
-- dozens of pages of them; without, and with room beside the row, it stays within the page (a heap-only update).
-- The sweep finds unfinished sessions by session_on_connector.
DROP INDEX gateway.session_unfinished;
ALTER TABLE gateway.session SET (fillfactor = 60);
