-- The current documents in which something is left to decide, in the order in which they want a look: the worst sign of
-- fraud; the risk, in tenths; the worst check that fails; the size of the largest amount in the evidence, in powers of ten;
-- the worst check to be reviewed; what is least sure; the risk. `decided_status`, `decided_risk`, `signs`, `failed`,
-- `to_review` and `checks` are what counts after people's decisions, `status` and `risk` what the run said; `signs` and
-- `checks` name the severest first, `reasons` what was not understood.
with signs as (
    select doc_id, list(code order by list_position(['low', 'medium', 'high', 'critical'], severity) desc, code) as signs
    from (select distinct doc_id, code, severity from flags_decided where stands)
    group by doc_id
),
checks as (
    select doc_id,
           list(decided_verdict || ' ' || check_id
                order by decided_verdict, list_position(['low', 'medium', 'high', 'critical'], severity) desc, check_id) as checks
    from (
        select distinct doc_id, check_id, decided_verdict, severity from findings_decided
        where decided_verdict = 'fail' or (decided_verdict = 'review' and state <> 'decided')
    )
    group by doc_id
)
select d.uri, d.title, d.domain, d.kind, d.decided_status, d.status,
       ['low', 'medium', 'high', 'critical'][d.severity_rank] as severity, d.severity_rank, d.decided_risk, d.risk,
       coalesce(s.signs, []) as signs, d.failed, d.to_review, coalesce(c.checks, []) as checks,
       list_filter(d.reasons, lambda reason: case
           when starts_with(reason, 'absent:') then list_has_any(
               string_split(substr(reason, 8), ','), list_transform(c.checks, lambda one: split_part(one, ' ', 2)))
           else not starts_with(reason, 'flag:') and not starts_with(reason, 'check:') end) as reasons,
       d.to_decide, d.left_to_decide, d.not_asked, d.language, d.event_time, d.document_date, d.document_date_source,
       d.doc_id, d.run_id
from documents_decided d
left join signs s on s.doc_id = d.doc_id
left join checks c on c.doc_id = d.doc_id
where d.document_state = 'current' and d.left_to_decide > 0
order by {order}
