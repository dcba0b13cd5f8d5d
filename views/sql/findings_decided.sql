-- Every finding, and what people decided on it; see `flags_decided`. `decided_verdict` is the verdict that counts: the one
-- that was decided, `does_not_apply`, or the run's; a check that needs review and was confirmed has failed.
select f.*,
       {decision},
       case when m.state is distinct from 'decided' then f.verdict
            when m.decision = 'dismissed' then 'does_not_apply'
            when m.decision = 'confirmed' and f.verdict = 'review' then 'fail'
            when m.decision = 'corrected' then coalesce(m.corrected_label, f.verdict)
            else f.verdict end as decided_verdict
from findings f
left join decisions_matched m
  on m.object = 'finding' and m.doc_id = f.doc_id and m.code = f.check_id
 and m.start_char is not distinct from f.start_char and m.end_char is not distinct from f.end_char
 and m.decided_by = f.decided_by and m.label = f.verdict
