-- Where each document lies: a row for each of its URIs, `is_first` for the one in `documents`. In a stream they are also
-- inputs that came later with the bytes of a document that was published (the rejects `duplicate`).
select doc_id, uri, true as is_first from documents
union
select doc_id, unnest(other_uris), false from documents
union
select doc_id, uri, false from rejects where stage = 'write' and reason = 'duplicate' and table_name is null
