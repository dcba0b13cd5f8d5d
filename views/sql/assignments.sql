-- Who looks at a document, by the latest word; documents at which nobody looks are not here.
select doc_id, corrected_label as assigned_to, reviewer as assigned_by, decided_at as assigned_at, decision_id
from decisions_current
where object = 'document' and code = 'reviewer' and corrected_label is not null
