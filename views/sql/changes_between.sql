-- What changed after one run, up to and with another: `from changes_between('RUN', 'RUN')`, by `run_id`. `change` is
-- `new`, `changed` (a URI with other bytes than before), `rejected`, `missing`, or `removed` (a part that the new
-- version of its file does not have). Flags and checks are compared with those of the document that the URI had before.
-- A document that was read again with the same bytes is not in it, since its new rows replaced the old ones.
with ordered as (
    select run_id, row_number() over (order by finished, run_id) as place from runs
),
compared as (
    select run_id from ordered
    where place > coalesce((select place from ordered where run_id = earlier), 0)
      and place <= (select place from ordered where run_id = later)
),
versions as (
    select d.*, d.run_id in (from compared) as is_new,
           row_number() over (
               partition by uri, d.run_id in (from compared) order by processed_at desc, d.run_id desc, doc_id
           ) as place
    from documents d
    where (select place from ordered where run_id = d.run_id)
          <= (select place from ordered where run_id = later)
),
signs as (select doc_id, list(distinct code) as codes from flags group by doc_id),
checks as (
    select doc_id, list(distinct check_id || ' ' || verdict) as verdicts
    from findings where verdict <> 'pass' group by doc_id
),
documents_changed as (
    select new.uri, case when old.doc_id is null then 'new' else 'changed' end as change,
           old.doc_id as doc_id_before, new.doc_id as doc_id_after, new.run_id, null::varchar as detail
    from versions new
    left join versions old on old.uri = new.uri and not old.is_new and old.place = 1
    where new.is_new and new.place = 1
    union all
    select s.uri, 'removed', s.doc_id, null, whole.run_id, 'its file has a later version without it'
    from document_states s
    join documents whole on whole.doc_id = s.superseded_by
    where s.uri <> whole.uri and whole.run_id in (from compared)
      and not exists (from versions v where v.uri = s.uri and v.is_new)
    union all
    select r.uri, case when r.reason = 'missing' then 'missing' else 'rejected' end,
           old.doc_id, null, r.run_id, r.stage || ' ' || r.reason || ': ' || r.detail
    from rejects r
    left join versions old on old.uri = r.uri and not old.is_new and old.place = 1
    where r.run_id in (from compared) and r.table_name is null
)
select c.change, c.uri,
       old.status as status_before, new.status as status_after,
       round(new.risk - old.risk, 6) as risk_change,
       list_sort(list_filter(coalesce(f.codes, []), lambda one: not list_contains(coalesce(e.codes, []), one)))
           as flags_added,
       list_sort(list_filter(coalesce(e.codes, []), lambda one: not list_contains(coalesce(f.codes, []), one)))
           as flags_gone,
       list_sort(list_filter(coalesce(g.verdicts, []), lambda one: not list_contains(coalesce(h.verdicts, []), one)))
           as checks_added,
       list_sort(list_filter(coalesce(h.verdicts, []), lambda one: not list_contains(coalesce(g.verdicts, []), one)))
           as checks_gone,
       c.detail, c.doc_id_before, c.doc_id_after, c.run_id
from documents_changed c
left join documents old on old.doc_id = c.doc_id_before
left join documents new on new.doc_id = c.doc_id_after
left join signs e on e.doc_id = c.doc_id_before
left join signs f on f.doc_id = c.doc_id_after
left join checks h on h.doc_id = c.doc_id_before
left join checks g on g.doc_id = c.doc_id_after
order by c.uri, c.change
