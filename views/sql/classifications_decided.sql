-- Every label of a segment, with the segment's place and text, and what people decided on it; see `flags_decided`.
select c.*, s.start_char, s.end_char, s.text,
       {decision}
from classifications c
join segments s on s.doc_id = c.doc_id and s.segment = c.segment
left join decisions_matched m
  on m.object = 'label' and m.doc_id = c.doc_id and m.code = c.task and m.label = c.label
 and m.start_char = s.start_char and m.end_char = s.end_char and m.decided_by = c.model
