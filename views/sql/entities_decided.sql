-- Every entity, and what people decided on it; see `flags_decided`.
select e.*,
       coalesce(m.state, 'open') as state, m.reopened_because, m.decision, m.corrected_label,
       m.corrected_start, m.corrected_end, m.reason, m.reviewer, m.decided_at, m.decision_id,
       coalesce(m.agreeing, 0) as agreeing
from entities e
left join decisions_matched m
  on m.object = 'entity' and m.doc_id = e.doc_id and m.code = e.label
 and m.start_char = e.start_char and m.end_char = e.end_char and m.decided_by = e.model
