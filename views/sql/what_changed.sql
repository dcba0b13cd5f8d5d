-- What the latest run changed. `change` is `new`; `changed` (other bytes than before); `judged` (the same bytes, other
-- flags, checks or risk); `rejected`; `missing`; `back`; or `removed` (forgotten, or not in the new version of its file).
-- The state before is that of the manifest before the run. Where that is not kept, what the run did not replace stands
-- for it, and `read` marks what is new or was read again.
with commits as (
    select run_id, finished, (counts->>'commit.number')::bigint as number, max(number) over (order by finished) as highest
    from runs
),
latest as (
    select run_id,
           (select state_before.is_known from state_before)
           or coalesce((counts->>'removed.rows.all')::bigint, 0) = 0 as is_known
    from runs join commits using (run_id, finished)
    where inputs > 0 order by coalesce(number, highest, 0) desc, finished desc, run_id desc limit 1
),
old as (
    select d.*
    from documents_before d
    left join commits own on own.run_id = d.run_id
    asof left join commits ended on d.processed_at >= ended.finished
    qualify row_number() over (partition by d.uri order by coalesce(own.number, ended.highest, 0) desc,
                               d.processed_at desc, d.run_id desc, d.doc_id) = 1
),
new as (
    select d.*
    from document_states d
    left join commits own on own.run_id = d.run_id
    asof left join commits ended on d.processed_at >= ended.finished
    qualify row_number() over (partition by d.uri order by coalesce(own.number, ended.highest, 0) desc,
                               d.processed_at desc, d.run_id desc, d.doc_id) = 1
),
missed as (select distinct uri from rejects_before where stage = 'read' and reason = 'missing'),
old_flags as (select doc_id, list_sort(list(distinct code)) as codes from flags_before group by doc_id),
new_flags as (select doc_id, list_sort(list(distinct code)) as codes from flags group by doc_id),
old_checks as (
    select doc_id, list_sort(list(distinct check_id || ' ' || verdict)) as checks
    from findings_before where verdict <> 'pass' group by doc_id
),
new_checks as (
    select doc_id, list_sort(list(distinct check_id || ' ' || verdict)) as checks
    from findings where verdict <> 'pass' group by doc_id
),
both_states as (
    select coalesce(new.uri, old.uri) as uri, old.doc_id as old_id, new.doc_id as new_id,
           old.status as old_status, new.status as new_status, old.risk as old_risk, new.risk as new_risk,
           new.state, new.run_id, missed.uri is not null as was_missing,
           whole.run_id = latest.run_id as lost_its_part, latest.is_known,
           coalesce(old_flags.codes, []) as old_codes, coalesce(new_flags.codes, []) as new_codes,
           coalesce(old_checks.checks, []) as old_checks, coalesce(new_checks.checks, []) as new_checks
    from old
    full join new on new.uri = old.uri
    cross join latest
    left join missed on missed.uri = coalesce(new.uri, old.uri)
    left join documents whole on whole.doc_id = new.superseded_by
    left join old_flags on old_flags.doc_id = old.doc_id
    left join new_flags on new_flags.doc_id = new.doc_id
    left join old_checks on old_checks.doc_id = old.doc_id
    left join new_checks on new_checks.doc_id = new.doc_id
),
named as (
    select *,
           case when new_id is null then 'removed'
                when state = 'missing' then if(was_missing, null, 'missing')
                when state = 'superseded' then if(lost_its_part and old_id is not null, 'removed', null)
                when was_missing then 'back'
                when old_id is null then if(is_known, 'new', 'read')
                when old_id <> new_id then 'changed'
                when old_status <> new_status or old_risk <> new_risk or old_codes <> new_codes
                     or old_checks <> new_checks then 'judged'
           end as change
    from both_states
)
select change, uri, old_status as status_before,
       if(change in ('missing', 'removed'), null, new_status) as status_after,
       if(change in ('missing', 'removed'), null, round(new_risk - old_risk, 6)) as risk_change,
       if(change in ('missing', 'removed'), [],
          list_filter(new_codes, lambda one: not list_contains(old_codes, one))) as flags_added,
       if(change in ('missing', 'removed'), old_codes,
          list_filter(old_codes, lambda one: not list_contains(new_codes, one))) as flags_gone,
       if(change in ('missing', 'removed'), [],
          list_filter(new_checks, lambda one: not list_contains(old_checks, one))) as checks_added,
       if(change in ('missing', 'removed'), old_checks,
          list_filter(old_checks, lambda one: not list_contains(new_checks, one))) as checks_gone,
       null::varchar as detail, old_id as doc_id_before, new_id as doc_id_after
from named
where change is not null
union all
select 'rejected', r.uri, old.status, null, null, [], [], [], [],
       r.stage || ' ' || r.reason || ': ' || r.detail, old.doc_id, null
from rejects r
left join rejects_before b on b.uri = r.uri and b.stage = r.stage and b.reason = r.reason
left join old on old.uri = r.uri
where r.table_name is null and r.reason <> 'missing' and b.uri is null
order by uri, change
