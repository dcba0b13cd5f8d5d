-- Every flag, and what people decided on it: `state` is `open`, `decided` or `reopened`. What was dismissed has
-- `state = 'decided' and decision = 'dismissed'`.
select f.*,
       {decision}
from flags f
left join decisions_matched m
  on m.object = 'flag' and m.doc_id = f.doc_id and m.code = f.code
 and m.start_char = f.start_char and m.end_char = f.end_char and m.decided_by = f.decided_by
