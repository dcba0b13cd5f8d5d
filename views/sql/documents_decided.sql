-- Every document, and what counts of it after people's decisions: `decided_status` and `decided_risk` stand beside what the
-- run said, `status` and `risk`. A sign counts unless it was dismissed, a check with the verdict that was decided. `to_decide`
-- are the signs and the checks that did not pass, or the kind where neither is there and the document was not understood;
-- `left_to_decide` are those without a decision that holds. `state` to `agreeing` are of its kind, see `flags_decided`;
-- `document_state` is whether it is current. `severity_rank` to `doubt` are what
-- the queue is ordered by, `telling` the evidence of the worst sign, `amount` the largest amount of money in the evidence.
with signs as (
    select doc_id, count(*) as all_signs, count(*) filter (state <> 'decided') as open_signs,
           count(*) filter (stands) as signs, max(rank) filter (stands) as severity_rank,
           arg_max(code, rank * 1e12 - start_char) filter (stands) as worst_code,
           left(arg_max(evidence, rank * 1e12 - start_char) filter (stands), 200) as telling,
           max(1 - abs(2 * probability - 1)) filter (stands) as doubt,
           max(case when stands and regexp_matches(evidence, '[0-9]') and regexp_matches(evidence, '[$€£¥]|USD|EUR|GBP|CHF')
               then list_max(list_transform(list_concat(
                   regexp_extract_all(evidence, '(?:[$€£¥]|\b(?:USD|EUR|GBP|CHF)\b)\s?([0-9]{1,3}(?:[.,\s][0-9]{3})+|[0-9]+)', 1),
                   regexp_extract_all(evidence, '([0-9]{1,3}(?:[.,\s][0-9]{3})+|[0-9]+)(?:[.,][0-9]{2})?\s?(?:€|(?:USD|EUR|GBP|CHF)\b)', 1)
               ), lambda written: try_cast(left(regexp_replace(written, '[^0-9]', '', 'g'), 15) as double))) end) as amount
    from (
        select doc_id, code, start_char, evidence, probability, state, stands,
               list_position(['low', 'medium', 'high', 'critical'], severity) as rank
        from flags_decided
    )
    group by doc_id
),
-- Of one less the risk, each code that does not stand any more, or less surely, takes its share out.
lowered as (
    select doc_id, product((1 - coalesce(standing, 0)) / (1 - at_first)) as factor
    from (
        select doc_id, code, max(weight) as at_first, max(weight) filter (stands) as standing
        from (
            select doc_id, code, stands, coalesce(probability, 1)
                   * [0.1, 0.3, 0.6, 0.85][list_position(['low', 'medium', 'high', 'critical'], severity)] as weight
            from flags_decided
            where doc_id in (select doc_id from flags_decided where not stands)
        )
        group by doc_id, code
    )
    group by doc_id
),
checks as (
    select doc_id, count(*) filter (verdict <> 'pass') as all_checks,
           count(*) filter (verdict <> 'pass' and state <> 'decided') as open_checks,
           count(distinct check_id) filter (decided_verdict = 'fail') as failed,
           count(distinct check_id) filter (decided_verdict = 'review' and state <> 'decided') as to_review,
           count(distinct check_id) filter (decided_verdict = 'review' and state = 'decided') as not_sure,
           count(distinct check_id) filter (decided_verdict = 'pass') as passed,
           max(rank) filter (decided_verdict = 'fail') as failed_rank,
           max(rank) filter (decided_verdict = 'review' and state <> 'decided') as review_rank,
           coalesce(min(check_id) filter (decided_verdict = 'fail'),
                    min(check_id) filter (decided_verdict = 'review' and state <> 'decided')) as first_check
    from (
        select doc_id, check_id, verdict, decided_verdict, state,
               list_position(['low', 'medium', 'high', 'critical'], severity) as rank
        from findings_decided
    )
    group by doc_id
),
kinds as (
    select d.* exclude (state), d.state as document_state,
           {decision}
    from document_states d
    left join decisions_matched m
      on m.object = 'document' and m.doc_id = d.doc_id
),
counted as (
    select k.*, coalesce(s.signs, 0) as signs, coalesce(c.failed, 0) as failed, coalesce(c.to_review, 0) as to_review,
           coalesce(c.not_sure, 0) as not_sure, coalesce(c.passed, 0) as passed,
           coalesce(s.all_signs, 0) + coalesce(c.all_checks, 0) as found,
           coalesce(s.open_signs, 0) + coalesce(c.open_checks, 0) as found_open,
           if(l.factor is null, k.risk, greatest(round(1 - (1 - k.risk) * l.factor, 6), 0)) as decided_risk,
           coalesce(s.severity_rank, 0) as severity_rank, s.worst_code, s.telling, c.first_check,
           coalesce(c.failed_rank, 0) as failed_rank,
           s.amount,
           coalesce(c.review_rank, 0) as review_rank, s.doubt as sign_doubt
    from kinds k
    left join signs s on s.doc_id = k.doc_id
    left join lowered l on l.doc_id = k.doc_id
    left join checks c on c.doc_id = k.doc_id
),
left_over as (
    select * exclude (found, found_open),
           if(found > 0, found, if(status = 'review', 1, 0)) as to_decide,
           if(found > 0, found_open, if(status = 'review' and state <> 'decided', 1, 0)) as left_to_decide
    from counted
)
select * exclude (sign_doubt),
       case when signs > 0 then 'flagged'
            when left_to_decide + not_sure > 0 then 'review'
            when to_decide = 0 then status
            when failed > 0 then 'failed'
            when list_has_any(list_transform(reasons, lambda one: split_part(one, ':', 1)), {unchecked}) then 'not_checked'
            else 'clear' end as decided_status,
       round(greatest(coalesce(sign_doubt, 0),
                      if(len(reasons) > 0 and status = 'review' and left_to_decide > 0, 0.5, 0)), 1) as doubt
from left_over
