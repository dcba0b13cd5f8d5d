-- Every entity, and what people decided on it; see `flags_decided`.
select e.*,
       {decision}
from entities e
left join decisions_matched m
  on m.object = 'entity' and m.doc_id = e.doc_id and m.code = e.label
 and m.start_char = e.start_char and m.end_char = e.end_char and m.decided_by = e.model
