-- The documents in the order in which they want a look: the worst sign of fraud; the risk, in tenths; the worst check
-- that fails; the size of the largest amount in the evidence, in powers of ten; the worst check to be reviewed; what is
-- least sure; the risk. `items` are the things to be decided in a document.
with signs as (
    select doc_id, max(rank) as worst, count(*) as signs,
           arg_max(code, rank) as worst_code, left(arg_max(evidence, rank), 200) as telling,
           max(1 - abs(2 * probability - 1)) as doubt,
           max(case when regexp_matches(evidence, '[0-9]') and regexp_matches(evidence, '[$€£¥]|USD|EUR|GBP|CHF')
               then list_max(list_transform(list_concat(
                   regexp_extract_all(evidence, '(?:[$€£¥]|\b(?:USD|EUR|GBP|CHF)\b)\s?([0-9]{1,3}(?:[.,\s][0-9]{3})+|[0-9]+)', 1),
                   regexp_extract_all(evidence, '([0-9]{1,3}(?:[.,\s][0-9]{3})+|[0-9]+)(?:[.,][0-9]{2})?\s?(?:€|(?:USD|EUR|GBP|CHF)\b)', 1)
               ), lambda written: try_cast(left(regexp_replace(written, '[^0-9]', '', 'g'), 15) as double))) end) as amount
    from (
        select doc_id, code, evidence, probability,
               list_position(['low', 'medium', 'high', 'critical'], severity) as rank
        from flags
    )
    group by doc_id
),
checks as (
    select doc_id,
           count(*) filter (verdict = 'fail') as failed,
           count(*) filter (verdict = 'review') as to_review,
           max(rank) filter (verdict = 'fail') as worst_failed,
           max(rank) filter (verdict = 'review') as worst_review,
           min(check_id) filter (verdict = 'fail') as first_failed,
           min(check_id) filter (verdict = 'review') as first_review
    from (
        select doc_id, check_id, verdict, list_position(['low', 'medium', 'high', 'critical'], severity) as rank
        from findings
    )
    group by doc_id
),
joined as (
    select d.doc_id, d.uri, d.title, d.domain, d.kind, d.status, d.language, d.risk,
           coalesce(d.document_date, d.event_time::date) as own_date, d.run_id, d.filename,
           coalesce(s.worst, 0) as worst, coalesce(s.signs, 0) as signs, s.worst_code, s.telling, s.amount,
           coalesce(c.failed, 0) as failed, coalesce(c.to_review, 0) as to_review,
           coalesce(c.first_failed, c.first_review) as first_check,
           coalesce(c.worst_failed, 0) as worst_failed, coalesce(c.worst_review, 0) as worst_review,
           greatest(coalesce(s.doubt, 0),
                    case when len(d.reasons) > 0 and d.status = 'review' then 0.5 else 0 end) as doubt
    from queued d
    left join signs s on s.doc_id = d.doc_id
    left join checks c on c.doc_id = d.doc_id
)
select * exclude (worst_failed, worst_review, doubt),
       case when signs + failed + to_review > 0 then signs + failed + to_review
            when status = 'review' then 1
            else 0 end as items
from joined
order by worst desc, round(risk, 1) desc, worst_failed desc,
         floor(log10(greatest(coalesce(amount, 0), 1))) desc, worst_review desc, round(doubt, 1) desc,
         risk desc, failed desc, to_review desc, uri
