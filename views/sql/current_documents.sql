-- The documents that count: the latest of each URI, without those that are missing. The others are in
-- `document_states`.
select * exclude (state, superseded_by, missing_since, missed_by_run)
from document_states
where state = 'current'
