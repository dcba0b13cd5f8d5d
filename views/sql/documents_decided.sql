-- Every document, and what people decided on its kind; see `flags_decided`. `document_state` is whether it is current.
select d.* exclude (state), d.state as document_state,
       coalesce(m.state, 'open') as state, m.reopened_because, m.decision, m.corrected_label,
       m.corrected_start, m.corrected_end, m.reason, m.reviewer, m.decided_at, m.decision_id,
       coalesce(m.agreeing, 0) as agreeing
from document_states d
left join decisions_matched m
  on m.object = 'document' and m.doc_id = d.doc_id
