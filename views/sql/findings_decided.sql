-- Every finding, and what people decided on it; see `flags_decided`.
select f.*,
       {decision}
from findings f
left join decisions_matched m
  on m.object = 'finding' and m.doc_id = f.doc_id and m.code = f.check_id
 and m.start_char is not distinct from f.start_char and m.end_char is not distinct from f.end_char
 and m.decided_by = f.decided_by and m.label = f.verdict
