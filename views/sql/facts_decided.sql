-- Every fact, and what people decided on it; see `flags_decided`. `corrected_label` is the value that it should have.
select f.*,
       {decision}
from facts f
left join decisions_matched m
  on m.object = 'fact' and m.doc_id = f.doc_id and m.code = f.name
 and m.start_char is not distinct from f.start_char and m.end_char is not distinct from f.end_char
 and m.decided_by = f.decided_by and m.label = concat_ws(' ', coalesce(f.normalised, f.value), f.currency)
