-- The notes on documents that were not taken back, in order.
select doc_id, reason as note, reviewer, decided_at as noted_at, decision_id, sequence
from decisions_current
where object = 'document' and code = 'note'
order by sequence
