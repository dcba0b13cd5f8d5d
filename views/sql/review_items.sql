-- Every sign of fraud, every check that did not pass, everything else that was decided on, and every note, each with its
-- document and what people made of it; a document without any has one row, in which `object` is null.
with items as (
    select doc_id, 1 as section, 'flag' as object, code, severity, null as verdict, evidence, page, start_char, end_char,
           decided_by, state, decision, corrected_label, reason, reviewer, decided_at, decision_id
    from flags_decided
    union all
    select doc_id, 2, 'finding', check_id, severity, verdict, evidence, page, start_char, end_char,
           decided_by, state, decision, corrected_label, reason, reviewer, decided_at, decision_id
    from findings_decided
    where verdict <> 'pass' or decision is not null
    union all
    select m.doc_id, 3, m.object, m.code, null, m.label, m.decided_evidence, null, m.start_char, m.end_char,
           m.decided_by, m.state, m.decision, m.corrected_label, m.reason, m.reviewer, m.decided_at, m.decision_id
    from decisions_matched m
    where m.object in ('document', 'label', 'entity', 'fact')
    union all
    select doc_id, 4, 'document', 'note', null, null, null, null, null, null,
           null, null, 'noted', null, note, reviewer, noted_at, decision_id
    from notes
)
select coalesce(d.title, d.file_name, split_part(d.uri, '/', -1)) as document, d.uri, d.domain, d.kind,
       coalesce(d.document_date, d.event_time::date) as own_date, d.decided_status, d.decided_risk,
       a.assigned_to, i.object, i.code, i.severity, i.verdict, i.evidence, i.page, i.start_char, i.end_char,
       i.state, i.decision, i.corrected_label, i.reason, i.reviewer, i.decided_at, i.decided_by, i.decision_id,
       d.doc_id, i.section
from documents_decided d
left join items i on i.doc_id = d.doc_id
left join assignments a on a.doc_id = d.doc_id
where d.document_state = 'current'
