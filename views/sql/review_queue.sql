-- The documents that somebody should look at, those that matter most first: signs of fraud by their severity and risk,
-- then checks that fail, then what is to be reviewed. `signs` and `checks` say what was found, the severest first;
-- `reasons` what was not understood. Documents that were not checked, superseded and missing documents are left out.
with signs as (
    select doc_id,
           max(list_position(['low', 'medium', 'high', 'critical'], severity)) as severity_rank,
           list(code order by list_position(['low', 'medium', 'high', 'critical'], severity) desc, code) as signs
    from (select distinct doc_id, code, severity from flags)
    group by doc_id
),
checks as (
    select doc_id,
           count(*) filter (verdict = 'fail') as failed,
           count(*) filter (verdict = 'review') as to_review,
           list(verdict || ' ' || check_id
                order by verdict, list_position(['low', 'medium', 'high', 'critical'], severity) desc, check_id) as checks
    from (select doc_id, check_id, verdict, severity from findings where verdict <> 'pass' group by all)
    group by doc_id
)
select d.uri, d.title, d.domain, d.kind, d.status,
       ['low', 'medium', 'high', 'critical'][s.severity_rank] as severity,
       coalesce(s.severity_rank, 0) as severity_rank,
       d.risk,
       coalesce(s.signs, []) as signs,
       coalesce(c.failed, 0) as failed, coalesce(c.to_review, 0) as to_review,
       coalesce(c.checks, []) as checks,
       list_filter(d.reasons, lambda reason: not starts_with(reason, 'flag:') and not starts_with(reason, 'check:'))
           as reasons,
       d.not_asked, d.language, d.event_time, d.document_date, d.document_date_source, d.doc_id, d.run_id
from current_documents d
left join signs s on s.doc_id = d.doc_id
left join checks c on c.doc_id = d.doc_id
where d.status in ('flagged', 'review')
order by severity_rank desc, d.risk desc, failed desc, to_review desc, d.uri
