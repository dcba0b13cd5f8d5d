-- Every document, and what people decided on its kind; see `flags_decided`. `document_state` is whether it is current.
select d.* exclude (state), d.state as document_state,
       {decision}
from document_states d
left join decisions_matched m
  on m.object = 'document' and m.doc_id = d.doc_id
