-- What counts of what people decided, in the columns that `docassay decide OTHER --from FILE` takes.
select doc_id, object, code, decision as outcome, start_char, end_char, label, corrected_label, corrected_start,
       corrected_end, reason, reviewer, decided_at, decision_id
from decisions_current
order by sequence
