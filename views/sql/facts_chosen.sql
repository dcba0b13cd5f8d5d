-- The facts of current documents that count, as people decided on them (see `facts_corrected`): of a field that a document
-- gives more than once, what its data state, else what was read in its text; hints (`abstained`) only where nothing else
-- is there, in its group where it has one.
select d.uri, d.domain, d.kind, d.document_date, d.document_date_source, f.*
from facts_corrected f
join current_documents d on d.doc_id = f.doc_id
qualify rank() over (partition by f.doc_id, f.name order by list_position(['stated', 'rule', 'model'], f.source)) = 1
    and rank() over (
        partition by f.doc_id, f.name, f.group_id order by list_position(['stated', 'rule', 'model'], f.source), f.abstained
    ) = 1
