-- The documents that somebody should look at, those that matter most first: signs of fraud by their severity and risk,
-- then checks that fail, then what is to be reviewed. `signs` and `checks` say what was found, the severest first;
-- `reasons` what was not understood. What people dismissed is left out, with documents of which that is everything; so
-- are documents that were not checked, superseded and missing ones.
with signs as (
    select doc_id,
           max(list_position(['low', 'medium', 'high', 'critical'], severity)) as severity_rank,
           list(code order by list_position(['low', 'medium', 'high', 'critical'], severity) desc, code) as signs
    from (
        select distinct doc_id, code, severity from flags_decided
        where state <> 'decided' or decision <> 'dismissed'
    )
    group by doc_id
),
checks as (
    select doc_id,
           count(*) filter (verdict = 'fail') as failed,
           count(*) filter (verdict = 'review') as to_review,
           list(verdict || ' ' || check_id
                order by verdict, list_position(['low', 'medium', 'high', 'critical'], severity) desc, check_id) as checks
    from (
        select distinct doc_id, check_id, verdict, severity from findings_decided
        where verdict <> 'pass' and (state <> 'decided' or decision <> 'dismissed')
    )
    group by doc_id
),
listed as (
    select d.uri, d.title, d.domain, d.kind, d.status,
           ['low', 'medium', 'high', 'critical'][s.severity_rank] as severity,
           coalesce(s.severity_rank, 0) as severity_rank,
           d.risk,
           coalesce(s.signs, []) as signs,
           coalesce(c.failed, 0) as failed, coalesce(c.to_review, 0) as to_review,
           coalesce(c.checks, []) as checks,
           list_filter(d.reasons, lambda reason: case
               when starts_with(reason, 'absent:') then list_has_any(
                   string_split(substr(reason, 8), ','), list_transform(c.checks, lambda one: split_part(one, ' ', 2)))
               else not starts_with(reason, 'flag:') and not starts_with(reason, 'check:') end) as reasons,
           d.not_asked, d.language, d.event_time, d.document_date, d.document_date_source, d.doc_id, d.run_id
    from current_documents d
    left join signs s on s.doc_id = d.doc_id
    left join checks c on c.doc_id = d.doc_id
    where d.status in ('flagged', 'review')
)
from listed
where len(signs) > 0 or len(checks) > 0 or len(list_filter(reasons, lambda reason: not list_contains(
    {unchecked}, split_part(reason, ':', 1)))) > 0
order by severity_rank desc, risk desc, failed desc, to_review desc, uri
