-- Every flag, and what people decided on it: `state` is `open`, `decided` or `reopened`; `stands` is false where it was
-- dismissed and nothing has changed since.
select f.*,
       {decision},
       coalesce(m.state <> 'decided' or m.decision <> 'dismissed', true) as stands
from flags f
left join decisions_matched m
  on m.object = 'flag' and m.doc_id = f.doc_id and m.code = f.code
 and m.start_char = f.start_char and m.end_char = f.end_char and m.decided_by = f.decided_by
